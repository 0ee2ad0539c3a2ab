import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lockExclusively, tryLockExclusively } from "./flock.ts";

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

describe("lockExclusively()", () => {
  test("waits for a file that another has locked", async () => {
    const dir = mkdtempSync(join(tmpdir(), "docker-eras-flock-"));
    const path = join(dir, "lock");
    const holder = spawn("flock", [path, "sh", "-c", "echo held; sleep 0.3; echo over > $0.out", path]);
    await once(holder.stdout, "data");
    const fd = openSync(path, "r");
    lockExclusively(fd);
    expect(readFileSync(`${path}.out`, "utf8")).toBe("over\n");
    closeSync(fd);
    rmSync(dir, { recursive: true });
  });
});
