import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isStatic } from "./elf.ts";

describe("isStatic()", () => {
  const node = readFileSync(process.execPath);

  test("is false for a program with a loader", () => expect(isStatic(node)).toBe(false));
  test("is true for the loader itself, which has none", () => {
    const [, loader] = /(\/lib[^\0]*\/ld-linux[^\0]*)\0/.exec(node.toString("latin1"))!;
    expect(isStatic(readFileSync(loader!))).toBe(true);
  });
  test("is false for a script, for nothing, and for a program that is cut off", () => {
    expect(isStatic(Buffer.from("#!/bin/sh\n"))).toBe(false);
    expect(isStatic(Buffer.alloc(0))).toBe(false);
    expect(isStatic(node.subarray(0, 100))).toBe(false);
  });
});
