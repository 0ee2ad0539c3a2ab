import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mkfifo } from "./fifo.ts";

const directory = mkdtempSync(join(tmpdir(), "fifo-"));
afterAll(() => rmSync(directory, { recursive: true }));

describe("mkfifo()", () => {
  test("makes a named pipe with the given permissions", () => {
    const path = join(directory, "exec.fifo");
    mkfifo(path, 0o600);
    expect(statSync(path).isFIFO()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("names the path in its error", () => {
    const path = join(directory, "no", "where");
    expect(() => mkfifo(path, 0o600)).toThrow(`mkfifo ${path}: ENOENT`);
  });
});
