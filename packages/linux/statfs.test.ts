import { closeSync, openSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { MS_NOSUID } from "./mount.ts";
import { readMountinfo } from "./mountinfo.ts";
import { O_PATH } from "./open.ts";
import { filesystemType, mountFlagsOf, PROC_SUPER_MAGIC, ST_RELATIME } from "./statfs.ts";

const opened = (path: string) => {
  const fd = openSync(path, O_PATH);
  onTestFinished(() => closeSync(fd));
  return fd;
};
const typeOf = (path: string) => filesystemType(opened(path));

test("filesystemType() tells a proc filesystem from others, by a descriptor that can't even be read", () => {
  expect(typeOf("/proc/self/status")).toBe(PROC_SUPER_MAGIC);
  expect(typeOf("/etc")).not.toBe(PROC_SUPER_MAGIC);
  expect(() => filesystemType(9999)).toThrow("fstatfs: EBADF");
});

test("mountFlagsOf() has the flags that mountinfo tells in words", () => {
  const words = readMountinfo().find(({ mountPoint }) => mountPoint === "/proc")!.options;
  const flags = mountFlagsOf(opened("/proc"));
  expect([flags & MS_NOSUID, flags & ST_RELATIME].map(Boolean)).toEqual(
    ["nosuid", "relatime"].map((word) => words.includes(word)),
  );
});
