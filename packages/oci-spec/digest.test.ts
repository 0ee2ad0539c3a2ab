import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Digest,
  Digester,
  digestAlgorithm,
  digestEncoded,
  isDigest,
  parseDigest,
  sha256,
  verified,
} from "./digest.ts";
import { FailedPrecondition, InvalidArgument } from "./errdefs.ts";

/** FIPS 180-2, appendix B.1. */
const ABC: Digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describe("parseDigest()", () => {
  test.each([ABC, `sha512:${"0".repeat(128)}`, `sha384:${"f".repeat(96)}`])("takes %s", (text) =>
    expect(parseDigest(text)).toBe(text),
  );

  test.each([
    ["", "invalid checksum digest format"],
    ["sha256", "invalid checksum digest format"],
    [`sha256:`, "invalid checksum digest format"],
    [ABC.slice(7), "invalid checksum digest format"],
    [ABC.toUpperCase().replace("SHA", "sha"), "invalid checksum digest format"],
    [`${ABC.slice(0, -1)}g`, "invalid checksum digest format"],
    [`${ABC}\n`, "invalid checksum digest format"],
    [`sha256:../${"a".repeat(61)}`, "invalid checksum digest format"],
    [`${ABC}0`, "invalid checksum digest length"],
    [`md5:${"0".repeat(32)}`, "unsupported digest algorithm"],
    [`constructor:${"0".repeat(64)}`, "unsupported digest algorithm"],
  ])("refuses %j: %s", (text, message) => expect(() => parseDigest(text)).toThrow(new InvalidArgument(message)));
});

describe("sha256()", () => {
  test("is that of the standard", () => expect(sha256("abc")).toBe(ABC));
  test("gives what parses, and falls apart again", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const digest = sha256(bytes);
        expect(isDigest(digest)).toBe(true);
        expect(`${digestAlgorithm(digest)}:${digestEncoded(digest)}`).toBe(digest);
      }),
    );
  });
});

describe("Digester", () => {
  test("does not mind how content is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        const digester = new Digester();
        for (const piece of pieces) digester.update(piece);
        expect(digester.digest()).toBe(sha256(Buffer.concat(pieces)));
        expect(digester.size).toBe(Buffer.concat(pieces).length);
      }),
    );
  });
  test("knows other algorithms", () => {
    const digester = new Digester("sha512");
    digester.update(Buffer.from("abc"));
    expect(digester.digest()).toBe(`sha512:${createHash("sha512").update("abc").digest("hex")}`);
    expect(() => new Digester("md5")).toThrow("unsupported digest algorithm");
  });
  test("goes on after a digest in between", () => {
    const digester = new Digester();
    digester.update(Buffer.from("a"));
    expect(digester.digest()).toBe(sha256("a"));
    digester.update(Buffer.from("bc"));
    expect(digester.digest()).toBe(ABC);
  });
});

describe("verified()", () => {
  const content = (text: string) => Readable.from([...text].map((letter) => Buffer.from(letter)));
  const read = async (text: string, size?: number) =>
    (await buffer(verified(content(text), { digest: ABC, ...(size !== undefined && { size }) }))).toString();

  test("passes on what was expected", async () => {
    expect(await read("abc")).toBe("abc");
    expect(await read("abc", 3)).toBe("abc");
  });
  test.each([
    ["other content", "abd", 3, `it has the digest ${sha256("abd")}`],
    ["other content of any size", "abcd", undefined, `it has the digest ${sha256("abcd")}`],
    ["too little", "ab", 3, "it has 2 bytes in place of 3"],
    ["too much", "abcd", 3, "it has more than 3 bytes"],
  ])("refuses %s", async (_what, text, size, reason) => {
    await expect(read(text, size)).rejects.toThrow(
      new FailedPrecondition(`Cannot accept content as "${ABC}": ${reason}`),
    );
  });
  test("ends as soon as there is too much", async () => {
    let sent = 0;
    function* endless(): Generator<Buffer> {
      for (;;) {
        sent++;
        yield Buffer.from("x");
      }
    }
    await expect(buffer(verified(endless(), { digest: ABC, size: 5 }))).rejects.toThrow("more than 5 bytes");
    expect(sent).toBe(6);
  });
});
