import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { findProgram } from "./program.ts";

const dir = mkdtempSync(join(tmpdir(), "program-"));
afterAll(() => rmSync(dir, { recursive: true }));
chmodSync(dir, 0o755);
mkdirSync(join(dir, "first/tool"), { recursive: true });
mkdirSync(join(dir, "second"));
writeFileSync(join(dir, "second/tool"), "#!/bin/sh\n", { mode: 0o755 });
writeFileSync(join(dir, "second/text"), "", { mode: 0o644 });
writeFileSync(join(dir, "second/private"), "#!/bin/sh\n", { mode: 0o700 });
const PATH = `${dir}/missing:${dir}/first:${dir}/second/../second`;

describe("findProgram()", () => {
  test("takes the first executable file of PATH", () => {
    expect(findProgram("tool", PATH)).toBe(`${dir}/second/tool`);
  });

  test("takes a path as it is", () => {
    expect(findProgram("/bin/../bin/sh", undefined)).toBe("/bin/../bin/sh");
  });

  // Each as runc 1.1.5 words it; dockerd looks for these texts.
  test.each([
    ["nosuch", PATH, 'exec: "nosuch": executable file not found in $PATH'],
    ["text", PATH, 'exec: "text": executable file not found in $PATH'],
    ["tool", "", 'exec: "tool": executable file not found in $PATH'],
    ["tool", undefined, 'exec: "tool": executable file not found in $PATH'],
    ["", PATH, 'exec: "": executable file not found in $PATH'],
    ["/nosuch", PATH, 'exec: "/nosuch": stat /nosuch: no such file or directory'],
    ["/etc", PATH, 'exec: "/etc": permission denied'],
    ["/etc/passwd", PATH, 'exec: "/etc/passwd": permission denied'],
    [
      "sh",
      "../../bin:../../../../../../../../bin",
      'exec: "sh": cannot run executable found relative to current directory',
    ],
  ])("of %j in %j says so", (name, path, message) => {
    expect(() => findProgram(name, path)).toThrow(message);
  });

  test("asks for the rights of the user that we are", () => {
    const outcome = inFork(
      `import { setUser } from "./process/user.ts";
       import { findProgram } from "./process/program.ts";`,
      `report(findProgram("private", ${JSON.stringify(PATH)}));
       setUser({ uid: 1000, gid: 1000, additionalGids: [], home: "/" });
       findProgram("private", ${JSON.stringify(PATH)});`,
    );
    expect(outcome).toEqual([`${dir}/second/private`, { error: `exec ${dir}/second/private: permission denied` }]);
  });
});
