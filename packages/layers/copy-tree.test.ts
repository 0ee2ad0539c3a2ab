import { linkSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { makedev, mknod, S_IFBLK, S_IFIFO } from "@eras/linux/mknod.ts";
import { lsetxattr } from "@eras/linux/xattr.ts";
import { expect, onTestFinished, test } from "vitest";
import { copyTree } from "./copy-tree.ts";
import { describeTree, pathsIn, temporaryDirectory } from "./tree-fixtures.ts";

async function copyOf(from: string): Promise<string> {
  const to = temporaryDirectory();
  await copyTree(from, to);
  return to;
}

test("copyTree() copies every kind of file with all that belongs to it", async () => {
  const from = temporaryDirectory();
  mkdirSync(join(from, "d/closed"), { recursive: true, mode: 0o1755 });
  writeFileSync(join(from, "d/f"), "content", { mode: 0o4751 });
  linkSync(join(from, "d/f"), join(from, "second"));
  symlinkSync("/nowhere", join(from, "link"));
  mknod(join(from, "fifo"), S_IFIFO | 0o620, 0);
  mknod(join(from, "d/disk"), S_IFBLK | 0o660, makedev(7, 300));
  lsetxattr(join(from, "d/f"), "user.note", Buffer.from([0, 255]));
  lsetxattr(join(from, "link"), "trusted.note", Buffer.from("on a link"));
  expect(describeTree(await copyOf(from))).toEqual(describeTree(from));
});

test("copyTree() copies names that are no UTF-8", async () => {
  const from = temporaryDirectory();
  const inside = (directory: string) => Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff])]);
  writeFileSync(inside(from), "x");
  expect(readFileSync(inside(await copyOf(from)), "utf8")).toBe("x");
});

test("copyTree() shares no file with its source", async () => {
  const from = temporaryDirectory();
  writeFileSync(join(from, "f"), "before");
  const to = await copyOf(from);
  writeFileSync(join(from, "f"), "after");
  rmSync(join(to, "f"));
  expect(readFileSync(join(from, "f"), "utf8")).toBe("after");
});

test("copyTree() keeps holes", async () => {
  const from = temporaryDirectory();
  writeFileSync(join(from, "f"), Buffer.concat([Buffer.alloc(5 << 20), Buffer.from("end")]));
  const { size, blocks } = lstatSync(join(await copyOf(from), "f"));
  expect(size).toBe((5 << 20) + 3);
  expect(blocks * 512).toBeLessThan(64 * 1024);
});

test("copyTree() leaves sockets out", async () => {
  const from = temporaryDirectory();
  const server = createServer().listen(join(from, "socket"));
  onTestFinished(() => void server.close());
  expect(pathsIn(await copyOf(from))).toEqual([]);
});
