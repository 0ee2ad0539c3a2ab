import { describe, expect, test } from "vitest";
import { parseMemorySize } from "./memory-size.ts";

describe("parseMemorySize()", () => {
  test.each([
    ["0", 0],
    ["4096", 4096],
    ["1k", 1024],
    ["64M", 64 * 1024 ** 2],
    ["64 MiB", 64 * 1024 ** 2],
    ["1.5g", 1.5 * 1024 ** 3],
    ["2TB", 2 * 1024 ** 4],
  ])("%s", (text, bytes) => expect(parseMemorySize(text)).toBe(bytes));

  test.each(["", "M", "-5", "1.2.3", "1e3", "5x"])("%j is no size", (text) =>
    expect(() => parseMemorySize(text)).toThrow(`invalid size: '${text}'`),
  );
});
