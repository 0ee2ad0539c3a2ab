import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FieldOf, fieldOfMap, parseFilters } from "./filters.ts";

const web = thing({ name: "web", labels: { tier: "front", "com.example/a.b": "x,y z", empty: "" } });

function thing(fields: { name: string; labels: Record<string, string> }): FieldOf {
  return ([field, ...rest]) =>
    field === "name" ? fields.name : field === "labels" ? fieldOfMap(fields.labels, rest) : undefined;
}

function matches(...filters: string[]): boolean {
  return parseFilters(filters)(web);
}

describe("parseFilters()", () => {
  test.each([
    ["name==web", true],
    ["name==db", false],
    ["name!=db", true],
    ["name!=web", false],
    ["name", true],
    ["nothing", false],
    ["nothing!=x", true],
    ["nothing==", undefined],
    ["labels.tier==front", true],
    ["labels.tier", true],
    ["labels.other", false],
    ['labels."com.example/a.b"', true],
    ['labels."com.example/a.b"=="x,y z"', true],
    ["labels.com.example", false],
    ["name==web,labels.tier==front", true],
    ["name==web,labels.tier==back", false],
    ["name~=^w", true],
    ["name~=^e", false],
    ['name~="^w.b$"', true],
    ["name~=|^(web|db)$|", undefined],
    ["name~=/^(web|db)$/", true],
    ["name~=|w\\x65b|", true],
    ["name~=/(?i)WEB/", true],
    ["nothing~=^$", true],
    ['name~="["', false],
    [" name == web", true],
    ["", true],
  ])("%s: %s", (filter, expected) => {
    if (expected === undefined) expect(() => matches(filter)).toThrow(InvalidArgument);
    else expect(matches(filter)).toBe(expected);
  });

  test("of a list one must hold, of no list none", () => {
    expect(matches("name==db", "labels.tier==front")).toBe(true);
    expect(matches("name==db", "labels.tier==back")).toBe(false);
    expect(matches()).toBe(true);
  });

  test.each([
    ["name=web", 'filters: parse error: [name >|=|< web]: unsupported operator "="'],
    ["name===web", 'filters: parse error: [name >|=|< ==web]: unsupported operator "==="'],
    ["name==", "filters: parse error: [name==]: expected value or quoted"],
    ["name==a b", "filters: parse error: [name==a >| |< b]: unexpected input:  "],
    ["==a", "filters: parse error: [ >|=|< =a]: expected field or quoted"],
    ["name,", "filters: parse error: [name,]: expected field or quoted"],
    ["name.", "filters: parse error: [name.]: expected field or quoted"],
    ["a-b", 'filters: parse error: [a >|-|< b]: expected an operator ("=="|"!="|"~=")'],
    ['name=="web', 'filters: parse error: [name== >|"|< web]: quoted literal not terminated'],
    ["name==|web|", "filters: parse error: [name== >|||< web|]: invalid quote encountered"],
    ['name=="\\q"', 'filters: parse error: [name== >|"|< \\q"]: illegal escape sequence'],
    ['name=="\\x4"', 'filters: parse error: [name== >|"|< \\x4"]: illegal numeric escape sequence'],
  ])("says what is wrong with %s", (filter, message) => {
    expect(() => parseFilters([filter])).toThrow(message);
  });

  test("finds any text by its quotation", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary", minLength: 1 }), (value, label) => {
        const filter = `labels.${goQuote(label)}==${goQuote(value)}`;
        expect(parseFilters([filter])(thing({ name: "", labels: { [label]: value } }))).toBe(true);
        expect(parseFilters([filter])(thing({ name: "", labels: { [label]: `${value}.` } }))).toBe(false);
      }),
    );
  });

  test("answers anything with a filter or a complaint", () => {
    const pieces = ["a", ".", ",", "==", "!=", "~=", '"', "|", "/", "\\", " ", "é", "\n", "x41", "=", "\u{1f40b}"];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces)), (parts) => {
        try {
          parseFilters([parts.join("")])(web);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgument);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** As Go's strconv.QuoteToASCII. */
function goQuote(text: string): string {
  const escaped = Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    if (character === '"' || character === "\\") return `\\${character}`;
    if (code >= 0x20 && code < 0x7f) return character;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `"${escaped.join("")}"`;
}
