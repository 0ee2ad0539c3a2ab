import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeFileAtomic } from "./atomic-write.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "atomic-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("writeFileAtomic()", () => {
  test.each([true, false])("replaces a file, and leaves no other (durable: %s)", (durable) => {
    const path = join(dir, "file");
    writeFileAtomic(path, "old, and longer", { mode: 0o600, durable });
    writeFileAtomic(path, "new", { mode: 0o600, durable });
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(["file"]);
  });

  test("leaves nothing when it fails", () => {
    mkdirSync(join(dir, "directory"));
    expect(() => writeFileAtomic(join(dir, "directory"), "", { mode: 0o600, durable: false })).toThrow("EISDIR");
    expect(readdirSync(dir)).toEqual(["directory"]);
  });
});
