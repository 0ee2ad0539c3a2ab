import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";

const HEAD = `
  import { fstatSync, openSync, readlinkSync, writeSync } from "node:fs";
  import { closeFrom, dup, dup2 } from "./descriptors.ts";
  import { _exit } from "./fork.ts";
  const isOpen = (fd) => { try { fstatSync(fd); return true; } catch { return false; } };
`;

describe("dup2()", () => {
  test("gives an open file a second number", () => {
    expect(inChild(`${HEAD} dup2(openSync("/usr"), 50); report(readlinkSync("/proc/self/fd/50"));`)).toEqual(["/usr"]);
  });
});

describe("dup()", () => {
  test("gives an open file a number above the standard streams'", () => {
    const outcome = inChild(`${HEAD}
      const fd = openSync("/usr");
      dup2(fd, 0);
      const copy = dup(0);
      report(copy > 2 && copy !== fd);
      report(readlinkSync("/proc/self/fd/" + copy));
    `);
    expect(outcome).toEqual([true, "/usr"]);
  });
});

describe("closeFrom()", () => {
  test("closes all but what is kept", () => {
    const outcome = inChild(`${HEAD}
      for (const fd of [50, 51, 52, 53, 60]) dup2(1, fd);
      closeFrom(50, [60, 2, 51, 52]);
      const open = [2, 50, 51, 52, 53, 60, 61].filter(isOpen);
      writeSync(1, JSON.stringify(open));
      _exit(0);
    `);
    expect(outcome).toEqual([[2, 51, 52, 60]]);
  });
});
