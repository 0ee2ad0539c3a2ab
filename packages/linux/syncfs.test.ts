import { closeSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { syncfs } from "./syncfs.ts";

describe("syncfs()", () => {
  test("resolves once the file system is written", async () => {
    const fd = openSync(tmpdir(), "r");
    await syncfs(fd);
    closeSync(fd);
  });

  test("tells what is wrong", async () => {
    await expect(syncfs(-1)).rejects.toMatchObject({ code: "EBADF", syscall: "syncfs" });
  });
});
