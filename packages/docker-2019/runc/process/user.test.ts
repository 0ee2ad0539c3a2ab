import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { homeOf } from "./user.ts";

const PASSWD =
  "root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\nbob2:x:1000:1000::/home/2:/bin/sh\nodd\n";

describe("homeOf()", () => {
  test("is what the first line with the uid says", () => {
    expect(homeOf(1000, PASSWD)).toBe("/home/bob");
  });

  test("is / for whom the file doesn't know", () => {
    expect(homeOf(7, PASSWD)).toBe("/");
    expect(homeOf(0, "")).toBe("/");
  });
});

describe("resolveUser()", () => {
  test("isn't kept waiting by a fifo for /etc/passwd", () => {
    const root = mkdtempSync(join(tmpdir(), "user-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, "etc"));
    execFileSync("mkfifo", [join(root, "etc/passwd")]);
    const [user] = inFork(
      `import { chroot } from "@eras/linux/chroot.ts";
       import { resolveUser } from "./process/user.ts";`,
      `chroot(${JSON.stringify(root)}); report(resolveUser({ uid: 5, gid: 6 }));`,
    );
    expect(user).toEqual({ uid: 5, gid: 6, additionalGids: [], home: "/" });
  });
});

const IDENTITY = 'readFileSync("/proc/self/status", "utf8").match(/^(?:Uid|Gid|Groups):.*$/gm)';

describe("setUser()", () => {
  test("changes all ids and replaces the groups", () => {
    const [identity] = inFork(
      `import { readFileSync } from "node:fs";
       import { setUser } from "./process/user.ts";`,
      `setUser({ uid: 1000, gid: 7, additionalGids: [3, 2_000_000_000], home: "/" }); report(${IDENTITY});`,
    );
    expect(identity).toEqual(["Uid:\t1000\t1000\t1000\t1000", "Gid:\t7\t7\t7\t7", "Groups:\t3 2000000000 "]);
  });

  test("refuses who isn't mapped in the user namespace", () => {
    const outcome = inFork(
      `import { writeFileSync } from "node:fs";
       import { CLONE_NEWUSER, unshare } from "@eras/linux/namespaces.ts";
       import { setUser } from "./process/user.ts";`,
      `unshare(CLONE_NEWUSER);
       writeFileSync("/proc/self/setgroups", "deny");
       writeFileSync("/proc/self/gid_map", "0 0 1");
       writeFileSync("/proc/self/uid_map", "0 0 1");
       setUser({ uid: 1, gid: 0, additionalGids: [], home: "/" });`,
    );
    expect(outcome).toEqual([{ error: "cannot set uid to unmapped user in user namespace" }]);
  });

  test("refuses groups where the user namespace denies them", () => {
    const outcome = inFork(
      `import { writeFileSync } from "node:fs";
       import { CLONE_NEWUSER, unshare } from "@eras/linux/namespaces.ts";
       import { setUser } from "./process/user.ts";`,
      `unshare(CLONE_NEWUSER);
       writeFileSync("/proc/self/setgroups", "deny");
       setUser({ uid: 0, gid: 0, additionalGids: [5], home: "/" });`,
    );
    expect(outcome).toEqual([{ error: "cannot set any additional groups in a rootless container" }]);
  });
});
