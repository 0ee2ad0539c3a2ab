import { describe, expect, test } from "vitest";
import { annotationProperties, parseVariant } from "./annotation-properties.ts";

describe("parseVariant()", () => {
  test.each([
    ["uint64 5000000", { signature: "t", value: 5_000_000n }],
    ["@u 7", { signature: "u", value: 7 }],
    ["-3", { signature: "i", value: -3 }],
    ["1.5", { signature: "d", value: 1.5 }],
    ["true", { signature: "b", value: true }],
    ["'inactive-or-failed'", { signature: "s", value: "inactive-or-failed" }],
    ['"a \\"b\\""', { signature: "s", value: 'a "b"' }],
    ["['a.service', 'b,c.service']", { signature: "as", value: ["a.service", "b,c.service"] }],
    ["@as []", { signature: "as", value: [] }],
    ["[1, 2]", { signature: "ai", value: [1, 2] }],
  ])("reads %s", (text, variant) => expect(parseVariant(text)).toEqual(variant));

  test.each(["", "text", "'open", "[]", "uint64 x", "uint32", "['a'", "{'a': 1}"])("refuses %j", (text) =>
    expect(() => parseVariant(text)).toThrow(`Cannot read "${text}"`),
  );
});

describe("annotationProperties()", () => {
  test("takes those of systemd, and turns seconds into microseconds", () => {
    const annotations = {
      "org.example.other": "x",
      "org.systemd.property.TimeoutStopSec": "1.5",
      "org.systemd.property.TimeoutStartUSec": "uint64 7",
      "org.systemd.property.CollectMode": "'inactive'",
    };
    expect(annotationProperties(annotations)).toEqual([
      ["TimeoutStopUSec", { signature: "t", value: 1_500_000n }],
      ["TimeoutStartUSec", { signature: "t", value: 7n }],
      ["CollectMode", { signature: "s", value: "inactive" }],
    ]);
  });

  test("refuses what can be no name or no time", () => {
    expect(() => annotationProperties({ "org.systemd.property.a b": "1" })).toThrow('Cannot use "a b"');
    expect(() => annotationProperties({ "org.systemd.property.TimeoutSec": "'1'" })).toThrow("as seconds");
  });
});
