import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson, stringifyJson } from "./exact-json.ts";

describe("parseJson()", () => {
  test("keeps 64-bit integers exact, as bigint", () =>
    expect(parseJson('{"hard": 18446744073709551615, "soft": 1024}')).toEqual({
      hard: 18446744073709551615n,
      soft: 1024,
    }));
  test("leaves what a number can hold a number", () =>
    expect(parseJson("[9007199254740991, 0.1, 1e21, -0]")).toEqual([9007199254740991, 0.1, 1e21, -0]));
  test("does not take digits in a text for a number", () =>
    expect(parseJson('["18446744073709551615"]')).toEqual(["18446744073709551615"]));
  test("refuses what JSON refuses", () => expect(() => parseJson("{1234567890123456789}")).toThrow(SyntaxError));

  test("agrees with JSON.parse where numbers are small", () => {
    const small = fc.json({ depthSize: "medium" }).filter((json) => !/\d{16}|[eE]/.test(json));
    fc.assert(
      fc.property(small, (json) => {
        expect(parseJson(json)).toEqual(JSON.parse(json));
      }),
    );
  });
});

describe("stringifyJson()", () => {
  test("writes numbers as they were read", () => {
    const json = '{"mask":18446744073709551615,"low":-9223372036854775808,"far":1e400,"near":[9007199254740993]}';
    expect(stringifyJson(parseJson(json))).toBe(json);
  });
  test("undoes parseJson() for integers of any size", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt()), (numbers) => {
        const json = `[${numbers.join(",")}]`;
        expect(stringifyJson(parseJson(json))).toBe(json);
      }),
    );
  });
  test("is JSON.stringify for everything else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stringifyJson(value, "\t")).toBe(JSON.stringify(value, null, "\t"));
      }),
    );
  });
});
