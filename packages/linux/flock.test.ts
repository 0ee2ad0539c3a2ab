import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tryLockExclusively } from "./flock.ts";

describe("tryLockExclusively()", () => {
  test("gives a file to one open descriptor, until that is closed", () => {
    const dir = mkdtempSync(join(tmpdir(), "docker-eras-flock-"));
    const [first, second] = [openSync(join(dir, "lock"), "w"), openSync(join(dir, "lock"), "w")];
    expect(tryLockExclusively(first)).toBe(true);
    expect(tryLockExclusively(second)).toBe(false);
    closeSync(first);
    expect(tryLockExclusively(second)).toBe(true);
    closeSync(second);
    rmSync(dir, { recursive: true });
  });

  test("needs an open file", () => expect(() => tryLockExclusively(-1)).toThrow("EBADF"));
});
