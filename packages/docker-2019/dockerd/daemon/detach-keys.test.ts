import { describe, expect, test } from "vitest";
import { DetachKeys, parseDetachKeys } from "./detach-keys.ts";

const take = (keys: DetachKeys, ...pieces: string[]) =>
  pieces.map((piece) => {
    const { passed, isDetached } = keys.take(Buffer.from(piece, "latin1"));
    return isDetached ? `${passed.toString("latin1")}|` : passed.toString("latin1");
  });

describe("DetachKeys", () => {
  test("lets through what is no sequence, and holds back what may become one", () => {
    expect(take(new DetachKeys(""), "ab", "\x10", "\x11")).toEqual(["ab", "", "|"]);
    expect(take(new DetachKeys(""), "\x10", "x\x10\x10", "\x11rest")).toEqual(["", "\x10x\x10", "|"]);
  });

  test("knows other keys", () => {
    expect(take(new DetachKeys("a,b,ctrl-a"), "xab", "\x01")).toEqual(["x", "|"]);
  });

  test("refuses what is no key", () => {
    expect(parseDetachKeys("ctrl-@,ctrl-_,z")).toEqual(Buffer.from([0, 31, 122]));
    expect(() => parseDetachKeys("ctrl-")).toThrow("Unknown character: 'ctrl-'");
    expect(() => parseDetachKeys("shift-a")).toThrow("Unknown character: 'shift-a'");
  });
});
