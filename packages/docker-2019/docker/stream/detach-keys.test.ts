import { describe, expect, test } from "vitest";
import { DetachKeys } from "./detach-keys.ts";

/** What is sent of the pieces of input, and whether they end in the keys. */
function filtered(keys: string, ...input: string[]): readonly [sent: string, detached: boolean] {
  const filter = new DetachKeys(keys);
  const results = input.map((piece) => filter.filter(Buffer.from(piece)));
  return [results.map(({ send }) => send.toString()).join(""), results.some(({ detached }) => detached)];
}

describe("DetachKeys", () => {
  test.each([
    ["", ["abc"], "abc", false],
    ["", ["a\x10\x11"], "a", true],
    ["", ["a\x10", "\x11"], "a", true],
    ["", ["a\x10", "b"], "a\x10b", false],
    ["", ["\x10\x10\x11"], "\x10", true],
    ["a,b,c", ["aba", "bc"], "ab", true],
    ["ctrl-@,x", ["\0x"], "", true],
    ["ctrl-],ctrl-_", ["\x1d\x1f"], "", true],
  ] as const)("%j in %j", (keys, input, sent, detached) => {
    expect(filtered(keys, ...input)).toEqual([sent, detached]);
  });

  test("knows which keys there are", () => {
    expect(() => new DetachKeys("ctrl-1")).toThrow("Unknown character: 'ctrl-1'");
  });
});
