import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH, MS_RDONLY, MS_REMOUNT, mount, umount } from "@eras/linux/mount.ts";
import { ResourceExhausted, Unavailable } from "@eras/oci-spec/errdefs.ts";
import type { Database } from "lmdb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DatabaseFile } from "./database-file.ts";

const MIB = 1 << 20;
const RECORD = "x".repeat(20_000);

describe("DatabaseFile", () => {
  let dir: string;
  let file: DatabaseFile;
  let table: Database<string, string>;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "docker-eras-database-"));
    mount("tmpfs", dir, "tmpfs", 0, "size=4m");
    file = new DatabaseFile(join(dir, "metadata.mdb"), 1);
    table = file.environment.openDB<string, string>({ name: "table" });
  });
  afterEach(async () => {
    await file.close();
    umount(dir, MNT_DETACH);
    rmSync(dir, { recursive: true });
  });

  const put = (key: string) => file.change(() => void table.put(key, RECORD));
  const keys = () => [...table.getKeys()];

  test("has room for removals on a full disk, says when it has none for more, and goes on when there is some", () => {
    put("a");
    fill(join(dir, "ballast"));
    file.change(() => void table.remove("a"));
    expect(keys()).toEqual([]);
    const putAll = () => {
      for (let i = 0; i < 100; i++) put(`${i}`);
    };
    expect(putAll).toThrow(ResourceExhausted);
    expect(putAll).toThrow(`Cannot write ${join(dir, "metadata.mdb")}: ENOSPC: No space left on device`);
    const kept = keys();
    expect(kept.length).toBeGreaterThan(0);
    rmSync(join(dir, "ballast"));
    put("b");
    expect(keys()).toEqual([...kept, "b"]);
  });

  test("is not opened on a disk that is read-only, and has its records afterwards", async () => {
    put("a");
    await file.close();
    mount(null, dir, null, MS_REMOUNT | MS_RDONLY, null);
    expect(() => new DatabaseFile(join(dir, "metadata.mdb"), 1)).toThrow(Unavailable);
    mount(null, dir, null, MS_REMOUNT, null);
    file = new DatabaseFile(join(dir, "metadata.mdb"), 1);
    table = file.environment.openDB<string, string>({ name: "table" });
    expect(keys()).toEqual(["a"]);
  });
});

/** Leaves not a byte. */
function fill(path: string): void {
  try {
    for (;;) appendFileSync(path, Buffer.alloc(MIB));
  } catch (error) {
    if (!isErrno(error, "ENOSPC")) throw error;
  }
}
