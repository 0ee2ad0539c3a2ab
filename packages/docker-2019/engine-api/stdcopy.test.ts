import { describe, expect, test } from "vitest";
import { FrameDecoder, frame, STREAM_TYPES } from "./stdcopy.ts";

const BYTES = Buffer.concat([
  frame(STREAM_TYPES.stdout, Buffer.from("out\n")),
  frame(STREAM_TYPES.stderr, Buffer.from("err\n")),
  frame(STREAM_TYPES.stdout, Buffer.alloc(0)),
  frame(STREAM_TYPES.stdout, Buffer.from("end")),
]);

function decoded(chunkBytes: number): { out: string; err: string; atBoundary: boolean } {
  const text = { [STREAM_TYPES.stdout]: "", [STREAM_TYPES.stderr]: "" } as Record<number, string>;
  const decoder = new FrameDecoder((type, piece) => {
    text[type] = `${text[type]}${piece}`;
  });
  for (let at = 0; at < BYTES.length; at += chunkBytes) decoder.write(BYTES.subarray(at, at + chunkBytes));
  return { out: text[STREAM_TYPES.stdout]!, err: text[STREAM_TYPES.stderr]!, atBoundary: decoder.atBoundary };
}

describe("frame()", () => {
  test("puts type and length before the payload", () =>
    expect([...frame(STREAM_TYPES.stderr, Buffer.from("hi"))]).toEqual([2, 0, 0, 0, 0, 0, 0, 2, 104, 105]));
});

describe("FrameDecoder", () => {
  test.each([1, 2, 3, 7, 8, 9, 100])("tells the streams apart when bytes come %d at a time", (chunkBytes) =>
    expect(decoded(chunkBytes)).toEqual({ out: "out\nend", err: "err\n", atBoundary: true }),
  );

  test("passes on a payload before it is whole", () => {
    const pieces: string[] = [];
    const decoder = new FrameDecoder((_, piece) => pieces.push(piece.toString()));
    decoder.write(BYTES.subarray(0, 10));
    expect(pieces).toEqual(["ou"]);
    expect(decoder.atBoundary).toBe(false);
  });

  test("refuses what is no frame", () =>
    expect(() => new FrameDecoder(() => {}).write(Buffer.from("Hello, world"))).toThrow(
      "Unrecognized input header: 72",
    ));
});
