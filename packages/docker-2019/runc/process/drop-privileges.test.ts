import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";

/** What a program finds that was started after `dropPrivileges`. */
function programAs(user: object, capabilities: object): unknown[] {
  return inFork(
    `import { execve } from "@eras/linux/exec.ts";
     import { parseCapabilities } from "./process/capabilities.ts";
     import { handOnDescriptors } from "./init/descriptors.ts";
     import { dropPrivileges } from "./process/drop-privileges.ts";`,
    `const { sets } = parseCapabilities(${JSON.stringify(capabilities)});
     dropPrivileges({ user: ${JSON.stringify(user)}, capabilities: sets, cwd: "/usr" });
     handOnDescriptors(0);
     execve("/bin/sh", ["sh", "-c", "pwd; grep -E '^(Uid|Cap(Prm|Eff|Bnd|Amb))' /proc/$$/status | tr '\\\\t' ' '"], { PATH: "/bin" });`,
  );
}

const ROOT = { uid: 0, gid: 0, additionalGids: [], home: "/" };
const BOB = { uid: 1000, gid: 1000, additionalGids: [], home: "/" };

describe("dropPrivileges()", () => {
  test("gives root what the bounding set allows", () => {
    const capabilities = { bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"] };
    expect(programAs(ROOT, capabilities)).toEqual([
      "/usr",
      "Uid: 0 0 0 0",
      "CapPrm: 0000000000000020",
      "CapEff: 0000000000000020",
      "CapBnd: 0000000000000020",
      "CapAmb: 0000000000000000",
    ]);
  });

  test("gives another user what is ambient, across the change of user", () => {
    const capabilities = {
      bounding: ["CAP_KILL", "CAP_CHOWN"],
      permitted: ["CAP_KILL", "CAP_CHOWN"],
      effective: ["CAP_KILL"],
      inheritable: ["CAP_KILL"],
      ambient: ["CAP_KILL"],
    };
    expect(programAs(BOB, capabilities)).toEqual([
      "/usr",
      "Uid: 1000 1000 1000 1000",
      "CapPrm: 0000000000000020",
      "CapEff: 0000000000000020",
      "CapBnd: 0000000000000021",
      "CapAmb: 0000000000000020",
    ]);
  });

  test("says whose fault it is", () => {
    const impossible = { uid: 4_294_967_295, gid: 0, additionalGids: [], home: "/" };
    expect(programAs(impossible, {})).toEqual([
      { error: "unable to setup user: uids and gids must be in range 0-2147483647" },
    ]);
  });
});
