import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { hasEntryTypes } from "./entry-type.ts";

test("hasEntryTypes() reads what the kernel says of each entry, and of what is no directory nothing", () => {
  expect(hasEntryTypes(tmpdir())).toBe(true); // the file systems of the day all have them
  expect(() => hasEntryTypes("/etc/passwd")).toThrow("ENOTDIR");
});
