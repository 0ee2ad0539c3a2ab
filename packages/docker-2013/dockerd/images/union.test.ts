import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unionOf } from "./union.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "union-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const overlayOnly = (union: string) => union === "overlay";
const both = () => true;

describe("unionOf()", () => {
  test("is aufs where the kernel has it, else overlay, and remembers", () => {
    const [withAufs, without] = [join(dir, "a"), join(dir, "b")];
    expect(unionOf(withAufs, both)).toBe("aufs");
    expect(unionOf(without, overlayOnly)).toBe("overlay");
    expect(unionOf(without, both)).toBe("overlay");
    expect(readFileSync(join(without, "union"), "utf8")).toBe("overlay\n");
  });

  test("refuses layers that this kernel can't mount, by name", () => {
    unionOf(dir, both);
    expect(() => unionOf(dir, overlayOnly)).toThrow(/mark deletions for aufs, which this kernel lacks.*dockerd -g DIR/);
  });

  test("takes layers without a record for overlay's, on any kernel", () => {
    mkdirSync(join(dir, "layers/0123456789abcdef"), { recursive: true });
    expect(unionOf(dir, both)).toBe("overlay");
  });

  test("does not guess what a broken record says", () => {
    writeFileSync(join(dir, "union"), "");
    expect(() => unionOf(dir, both)).toThrow('"" is no union');
  });

  test("asks this kernel", () => expect(["aufs", "overlay"]).toContain(unionOf(dir)));
});
