import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainId, chainIds } from "./chain-id.ts";
import { type Digest, sha256 } from "./digest.ts";

const [A, B, C] = [sha256("a"), sha256("b"), sha256("c")];
const stack = fc.array(
  fc.string().map((text) => sha256(text)),
  { minLength: 1 },
);

describe("chainId()", () => {
  test("is the diffID itself for a single layer", () => expect(chainId([A])).toBe(A));
  test("hashes what is below, a space, and the layer", () =>
    expect(chainId([A, B, C])).toBe(sha256(`${sha256(`${A} ${B}`)} ${C}`)));
  test("is what a shell computes", () =>
    // printf 'sha256:ca97… sha256:3e23…' | sha256sum
    expect(chainId([A, B])).toBe("sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676"));
  test("depends on the order of the layers", () => expect(chainId([A, B])).not.toBe(chainId([B, A])));
  test("refuses an image without layers", () => expect(() => chainId([])).toThrow("the image has no layers"));
});

describe("chainIds()", () => {
  test("are those of the stack's lower parts", () => {
    fc.assert(
      fc.property(stack, (diffIds) => {
        expect(chainIds(diffIds)).toEqual(diffIds.map((_, i) => chainId(diffIds.slice(0, i + 1))));
      }),
    );
  });
  test("say nothing of other layers above", () => {
    fc.assert(
      fc.property(stack, stack, (below: Digest[], above: Digest[]) => {
        expect(chainIds([...below, ...above])[below.length - 1]).toBe(chainId(below));
      }),
    );
  });
  test("are none for no layers", () => expect(chainIds([])).toEqual([]));
});
