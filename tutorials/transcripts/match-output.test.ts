import { describe, expect, test } from "vitest";
import { type Bindings, matchOutput } from "./match-output.ts";

const ID = "0f1e2d3c";
const match = (expected: readonly string[], printed: readonly string[], bindings: Bindings = new Map()) =>
  matchOutput(expected, printed, bindings);

describe("what a command printed", () => {
  test("is what the chapter says, line by line", () => {
    expect(match(["one", "two"], ["one", "two"])).toBeUndefined();
    expect(match(["one", "two"], ["one", "three"])).toBe('expected "two", printed "three"');
    expect(match(["one"], ["one", "two"])).toBe('expected nothing more, printed "two"');
    expect(match(["one", "two"], ["one"])).toBe('expected "two", and there is no more');
  });

  test("may vary where a placeholder stands", () => {
    expect(match(["id <ID>, <SIZE>, pid <PID> at <IP>"], [`id ${ID}, 1.2MB, pid 7 at 172.17.0.2`])).toBeUndefined();
    expect(match(["pid <PID>"], ["pid seven"])).toBe('expected "pid <PID>", printed "pid seven"');
  });

  test("has one value for one placeholder within a chapter, and others for others", () => {
    const bindings: Bindings = new Map();
    expect(match(["<ID>", "<ID:web>"], [ID, "99999999"], bindings)).toBeUndefined();
    expect(match(["<ID>"], [ID], bindings)).toBeUndefined();
    expect(match(["<ID>"], ["99999999"], bindings)).toBe(`expected "${ID}", printed "99999999"`);
  });

  test("may show an id whole or by its first digits", () => {
    const bindings: Bindings = new Map();
    expect(match(["<ID>"], ["0f1e2d3c4b5a"], bindings)).toBeUndefined();
    expect(match(["<ID>"], [ID], bindings)).toBeUndefined();
  });

  test("may have any number of lines where three dots stand", () => {
    expect(match(["first", "...", "last"], ["first", "a", "b", "last"])).toBeUndefined();
    expect(match(["first", "...", "last"], ["first", "last"])).toBeUndefined();
    expect(match(["...", "last"], ["first"])).toContain('expected "last" somewhere');
  });

  test("binds nothing when it differs", () => {
    const bindings: Bindings = new Map();
    match(["<ID>", "end"], [ID, "no end"], bindings);
    expect(bindings.size).toBe(0);
  });
});
