import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cloneFile } from "./reflink.ts";

test("cloneFile() says no between file systems, and leaves the file empty", () => {
  const directory = mkdtempSync(join(tmpdir(), "eras-reflink-"));
  writeFileSync(join(directory, "to"), "");
  const [from, to] = [openSync("/proc/self/status", "r"), openSync(join(directory, "to"), "r+")];
  onTestFinished(() => {
    for (const fd of [from, to]) closeSync(fd);
    rmSync(directory, { recursive: true });
  });
  expect(cloneFile(to, from)).toBe(false);
  expect(fstatSync(to).size).toBe(0);
  expect(() => cloneFile(9999, from)).toThrow("ioctl: EBADF");
});
