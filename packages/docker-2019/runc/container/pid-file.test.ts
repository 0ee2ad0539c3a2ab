import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writePidFile } from "./pid-file.ts";

test("writePidFile() writes through no symbolic link, neither there nor on the way", () => {
  const dir = mkdtempSync(join(tmpdir(), "pid-file-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const path = (name: string) => join(dir, name);
  writeFileSync(path("other"), "kept");
  for (const name of ["pid", ".pid"]) symlinkSync("other", path(name));
  writePidFile(path("pid"), 123);
  expect(readFileSync(path("other"), "utf8")).toBe("kept");
  expect([lstatSync(path("pid")).isFile(), readFileSync(path("pid"), "utf8")]).toEqual([true, "123"]);
});
