import { describe, expect, test } from "vitest";
import { callText } from "./call-text.ts";

describe("callText()", () => {
  const calls: [text: string, call: string, args: unknown[], result: number, errno?: number][] = [
    ["unshare(CLONE_NEWNS|CLONE_NEWPID) = 0", "unshare", [0x2002_0000], 0],
    [
      'mount("proc", "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL) = 0',
      "mount",
      ["proc", "/proc", "proc", 14, null],
      0,
    ],
    ['umount2(".", MNT_DETACH) = -1 EINVAL', "umount2", [".", 2], -1, 22],
    ["prctl(PR_CAPBSET_DROP, CAP_AUDIT_CONTROL) = 0", "prctl", [24, 30, 0, 0, 0], 0],
    ["prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL) = 0", "prctl", [47, 4, 0, 0, 0], 0],
    ["prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL) = 0", "prctl", [47, 2, 5, 0, 0], 0],
    ["prctl(PR_SET_PDEATHSIG, SIGKILL) = 0", "prctl", [1, 9, 0, 0, 0], 0],
    ["prctl(PR_SET_NO_NEW_PRIVS, 1) = 0", "prctl", [38, 1, 0, 0, 0], 0],
    ["kill(17, SIGTERM) = 0", "kill", [17, 15], 0],
    ["clone(SIGCHLD) = 99", "clone", [0x0120_0011], 99],
    ['open_tree(AT_FDCWD, "/data", OPEN_TREE_CLONE) = 8', "open_tree", [-100, "/data", 1], 8],
    [
      'move_mount(8, "", 7, "", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH) = 0',
      "move_mount",
      [8, "", 7, "", 0x44],
      0,
    ],
    ["setsid() = 1", "setsid", [], 1],
  ];
  for (const [text, call, args, result, errno] of calls) {
    test(`writes ${text}`, () => expect(callText({ call, args, result, ...(errno && { errno }) })).toBe(text));
  }
  test("shortens a long path at its beginning and other text at its end", () => {
    expect(callText({ call: "chdir", args: [`/${"a".repeat(30)}/end`], result: 0 }, 12)).toBe(
      'chdir("…aaaaa/end") = 0',
    );
    expect(callText({ call: "write", args: ["x".repeat(30)], result: 0 }, 12)).toBe('write("xxxxxxxxx…") = 0');
  });
});
