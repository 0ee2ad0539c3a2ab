import { describe, expect, test } from "vitest";
import { member } from "./archive-fixtures.ts";
import { formatPax, formatTime, parsePax, parseTime } from "./pax.ts";
import { parseHeader, parseNumber } from "./tar-header.ts";
import { xattrRecords, xattrsOf } from "./xattr-records.ts";

const FIELD = { offset: 0, length: 12 };

describe("formatPax()", () => {
  test("counts the digits of the length itself", () => {
    for (let size = 0; size < 1100; size++) {
      const [length] = formatPax(new Map([["k", Buffer.alloc(size, "v")]]))
        .toString()
        .split(" ");
      expect(formatPax(new Map([["k", Buffer.alloc(size, "v")]])).length).toBe(Number(length));
    }
  });

  test("is undone by parsePax(), newlines and equals signs in values too", () => {
    const records = new Map([
      ["path", Buffer.from("a=b\nc")],
      ["SCHILY.xattr.user.x", Buffer.from([0, 10, 255])],
    ]);
    expect(parsePax(formatPax(records))).toEqual(records);
  });
});

describe("parsePax()", () => {
  test("gathers the sparse map of version 0.0", () => {
    const text = "23 GNU.sparse.offset=0\n25 GNU.sparse.numbytes=5\n";
    expect(parsePax(Buffer.from(text)).get("GNU.sparse.map")?.toString()).toBe("0,5");
  });
});

describe("parseTime()", () => {
  test.each([
    ["0", 0n],
    ["1.5", 1_500_000_000n],
    ["-1.5", -1_500_000_000n],
    ["1358969700.1234567899", 1_358_969_700_123_456_789n],
  ])("reads %s", (text, ns) => expect(parseTime(Buffer.from(text))).toBe(ns));

  test("refuses what is no time", () => expect(() => parseTime(Buffer.from("now"))).toThrow("is not a time"));

  test("undoes formatTime()", () => {
    for (const ns of [0n, 1n, -1n, 10n ** 9n, -(10n ** 9n) - 1n, 2n ** 62n]) expect(parseTime(formatTime(ns))).toBe(ns);
  });
});

describe("parseNumber()", () => {
  test.each([
    ["00000001750\0", 1000],
    ["      1750 \0", 1000],
    ["77777777777\0", 2 ** 33 - 1],
    ["\0".repeat(12), 0],
  ])("reads octal %j", (text, number) => expect(parseNumber(Buffer.from(text.padEnd(12, "\0")), FIELD)).toBe(number));

  test("reads base-256, negative too", () => {
    const field = Buffer.alloc(12);
    field[0] = 0x80;
    field.writeUInt32BE(3, 4);
    expect(parseNumber(field, FIELD)).toBe(3 * 2 ** 32);
    expect(parseNumber(Buffer.alloc(12, 0xff), FIELD)).toBe(-1);
  });

  test("refuses what is no number", () => {
    expect(() => parseNumber(Buffer.from("12345678901x"), FIELD)).toThrow("is no number");
    expect(() => parseNumber(Buffer.from("80ffffffffffffffffffffff", "hex"), FIELD)).toThrow("beyond every size");
  });
});

describe("parseHeader()", () => {
  test("takes the sum of signed bytes too", () => {
    const block = member({ name: "é" });
    const stated = Number.parseInt(block.toString("latin1", 148, 154), 8);
    block.write((stated - 2 * 256).toString(8).padStart(6, "0"), 148, "latin1");
    expect(parseHeader(block).name).toBe("é");
  });

  test("notices a changed byte", () => {
    const block = member({ name: "a" });
    block[0] = 0x62;
    expect(() => parseHeader(block)).toThrow("checksum is wrong");
  });
});

describe("xattrsOf()", () => {
  test("undoes xattrRecords() for names with = and %", () => {
    const xattrs = new Map([["user.a=b%3D", Buffer.from([1])]]);
    expect(xattrsOf(new Map(xattrRecords(xattrs)))).toEqual(xattrs);
  });
});
