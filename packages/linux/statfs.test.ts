import { closeSync, openSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { O_PATH } from "./open.ts";
import { filesystemType, PROC_SUPER_MAGIC } from "./statfs.ts";

const typeOf = (path: string) => {
  const fd = openSync(path, O_PATH);
  onTestFinished(() => closeSync(fd));
  return filesystemType(fd);
};

test("filesystemType() tells a proc filesystem from others, by a descriptor that can't even be read", () => {
  expect(typeOf("/proc/self/status")).toBe(PROC_SUPER_MAGIC);
  expect(typeOf("/etc")).not.toBe(PROC_SUPER_MAGIC);
  expect(() => filesystemType(9999)).toThrow("fstatfs: EBADF");
});
