import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { major, makedev, minor, mknod, S_IFBLK, S_IFCHR, S_IFIFO } from "./mknod.ts";

const directory = mkdtempSync(join(tmpdir(), "mknod-"));
afterAll(() => rmSync(directory, { recursive: true }));

describe("mknod()", () => {
  test("makes a character device", () => {
    const path = join(directory, "null");
    mknod(path, S_IFCHR | 0o600, makedev(1, 3));
    const stat = statSync(path);
    expect(stat.isCharacterDevice()).toBe(true);
    expect(stat.rdev).toBe(statSync("/dev/null").rdev);
    expect(stat.mode & 0o777).toBe(0o600);
  });

  test("makes a block device with the largest numbers there are", () => {
    const path = join(directory, "block");
    mknod(path, S_IFBLK | 0o600, makedev(0xfff, 0xfffff));
    expect(statSync(path).isBlockDevice()).toBe(true);
    expect(execFileSync("stat", ["-c", "%Hr:%Lr", path], { encoding: "utf8" })).toBe("4095:1048575\n");
  });

  test("makes a fifo", () => {
    const path = join(directory, "fifo");
    mknod(path, S_IFIFO | 0o600, 0);
    expect(statSync(path).isFIFO()).toBe(true);
  });

  test("names the path in its error", () => {
    const path = join(directory, "exists");
    mknod(path, S_IFIFO, 0);
    expect(() => mknod(path, S_IFIFO, 0)).toThrow(`mknod ${path}: EEXIST`);
  });
});

describe("makedev()", () => {
  test("is undone by major() and minor()", () => {
    const numbers = fc.tuple(fc.integer({ min: 0, max: 0xfff }), fc.integer({ min: 0, max: 0xfffff }));
    fc.assert(
      fc.property(numbers, ([a, b]) => {
        const device = makedev(a, b);
        expect([major(device), minor(device)]).toEqual([a, b]);
      }),
    );
  });

  test("agrees with libc's layout", () => expect(makedev(8, 257)).toBe(0x10_0801));

  test("refuses numbers that the kernel does not have", () => {
    expect(() => makedev(4096, 0)).toThrow("Cannot make device 4096:0");
    expect(() => makedev(1, 2 ** 20)).toThrow(RangeError);
    expect(() => makedev(-1, 0)).toThrow(RangeError);
    expect(() => makedev(1.5, 0)).toThrow(RangeError);
  });
});
