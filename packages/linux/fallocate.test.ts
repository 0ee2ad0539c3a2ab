import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { reserveBlocks } from "./fallocate.ts";

const BLOCK_BYTES = 512; // of st_blocks, whatever the file system's own are

describe("reserveBlocks()", () => {
  test("takes room from the disk beyond a file's end, and leaves its size", () => {
    const dir = mkdtempSync(join(tmpdir(), "fallocate-"));
    const fd = openSync(join(dir, "file"), "w");
    reserveBlocks(fd, 0, 1 << 20);
    const { size, blocks } = fstatSync(fd);
    expect([size, blocks * BLOCK_BYTES >= 1 << 20]).toEqual([0, true]);
    closeSync(fd);
    rmSync(dir, { recursive: true });
  });

  test("tells what is wrong", () => {
    expect(() => reserveBlocks(-1, 0, 1)).toThrow(expect.objectContaining({ code: "EBADF", syscall: "fallocate" }));
  });
});
