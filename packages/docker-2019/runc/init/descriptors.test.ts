import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { countPreserved } from "./descriptors.ts";

const IMPORTS = `import { openSync, readlinkSync, readdirSync } from "node:fs";
  import { dup2 } from "@eras/linux/descriptors.ts";
  import { execve } from "@eras/linux/exec.ts";
  import { closeDescriptors, giveStdioTo, handOnDescriptors } from "./init/descriptors.ts";`;
const OPEN = `report(readdirSync("/proc/self/fd").map(Number).filter((fd) => fd > 2));`;

describe("closeDescriptors()", () => {
  test("leaves nothing of Node and of the host but what is kept", () => {
    const host = `dup2(openSync("/usr"), 50); dup2(openSync("/usr"), 60);`;
    const [open] = inFork(IMPORTS, `${host} closeDescriptors(0, [60]); ${OPEN}`);
    expect((open as number[]).filter((fd) => fd !== 3)).toEqual([60]); // 3 is the list's own
  });

  test("closes for good: no path through /proc is left to execve", () => {
    const attack = `dup2(openSync("/usr/bin"), 50);`;
    const through = `handOnDescriptors(0); execve("/proc/self/fd/50/echo", ["echo", "out"], {});`;
    expect(inFork(IMPORTS, `${attack} ${through}`)).toEqual(["out"]); // what is close-on-exec would not keep from it
    const [outcome] = inFork(IMPORTS, `${attack} closeDescriptors(0); ${through}`);
    expect(outcome).toEqual({ error: expect.stringContaining("ENOENT") });
  });
});

describe("handOnDescriptors()", () => {
  test("gives the program the preserved ones and no others", () => {
    const outcome = inFork(
      IMPORTS,
      `dup2(openSync("/usr"), 3); dup2(openSync("/etc"), 4); dup2(openSync("/var"), 5);
       closeDescriptors(2);
       handOnDescriptors(2);
       execve("/bin/sh", ["sh", "-c", "readlink /proc/$$/fd/3 /proc/$$/fd/4; ls -m /proc/$$/fd; true"], { PATH: "/bin" });`,
    );
    expect(outcome).toEqual(["/usr", "/etc", "0, 1, 2, 3, 4"]);
  });
});

describe("countPreserved()", () => {
  test("adds both kinds, and misses what isn't open", () => {
    expect(countPreserved(2, 0)).toBe(2);
    const fd = openSync("/usr", "r");
    closeSync(fd);
    const reason = `stat /proc/self/fd/${fd}: no such file or directory`;
    expect(() => countPreserved(fd - 3, 1)).toThrow(`unable to stat preserved-fd 0 (of 1): ${reason}`);
  });
});

describe("giveStdioTo()", () => {
  test("changes the owner of files, but not of /dev/null", () => {
    const dir = mkdtempSync(join(tmpdir(), "stdio-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const { uid: ownerOfNull } = statSync("/dev/null");
    const fd = openSync(join(dir, "out"), "w");
    const source = `import { giveStdioTo } from "./descriptors.ts"; giveStdioTo(1234);`;
    const { status } = spawnSync(process.execPath, ["--input-type=module-typescript", "--eval", source], {
      cwd: import.meta.dirname,
      stdio: ["ignore", fd, "pipe"],
    });
    closeSync(fd);
    expect(status).toBe(0);
    expect(statSync(join(dir, "out"))).toMatchObject({ uid: 1234, gid: 0 });
    expect(statSync("/dev/null").uid).toBe(ownerOfNull);
  });
});
