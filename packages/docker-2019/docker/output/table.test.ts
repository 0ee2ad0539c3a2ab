import { describe, expect, test } from "vitest";
import { decimalSize } from "./size.ts";
import { alignRows } from "./table.ts";
import { ellipsis, shortId } from "./truncate.ts";

describe("alignRows()", () => {
  test("makes columns as wide as their widest cell, and ten at least", () => {
    expect(
      alignRows([
        ["A", "NAME", "LAST"],
        ["1", "a long name", ""],
      ]),
    ).toBe("A         NAME          LAST\n1         a long name   \n");
  });
});

describe("decimalSize()", () => {
  test.each([
    [0, "0B"],
    [999, "999B"],
    [1_984_000, "1.98MB"],
    [12_345_678, "12.3MB"],
    [123_456_789_000, "123GB"],
  ])("%d is %s", (bytes, text) => expect(decimalSize(bytes)).toBe(text));
  test("shows four digits where it is asked to", () => expect(decimalSize(1_984_321, 4)).toBe("1.984MB"));
});

describe("short forms", () => {
  test("end with an ellipsis that counts", () => expect(ellipsis("abcdef", 4)).toBe("abc…"));
  test("leave what is short enough", () => expect(ellipsis("abcd", 4)).toBe("abcd"));
  test("of an ID have twelve digits", () => expect(shortId(`sha256:${"0123456789ab".repeat(5)}`)).toBe("0123456789ab"));
});
