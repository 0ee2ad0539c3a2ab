import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { makeDirectories } from "./make-directories.ts";

describe("makeDirectories()", () => {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-directories-"));
  afterAll(() => rmSync(dir, { recursive: true }));

  test("makes all that is missing, with the mode, and minds nothing that is there", () => {
    const path = join(dir, "a/b/c");
    makeDirectories(path, 0o700);
    makeDirectories(path);
    expect(statSync(join(dir, "a")).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test("says why it can't", () => {
    const file = join(dir, "file");
    writeFileSync(file, "");
    expect(() => makeDirectories(file)).toThrow("EEXIST");
    expect(() => makeDirectories(join(file, "below"))).toThrow("ENOTDIR");
    expect(() => makeDirectories("/proc/eras-nosuch/below")).toThrow("ENOENT"); // where Node's own would try for ever
  });
});
