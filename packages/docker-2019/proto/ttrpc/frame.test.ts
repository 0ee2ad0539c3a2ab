import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFrame, type Frame, FrameReader, PAYLOAD_MAX, REQUEST, RESPONSE } from "./frame.ts";

const read = (reader: FrameReader, ...pieces: Buffer[]): Frame[] => pieces.flatMap((piece) => [...reader.push(piece)]);

describe("encodeFrame()", () => {
  test("puts ten bytes before the payload", () => {
    expect(encodeFrame({ streamId: 3, type: REQUEST, payload: Buffer.from("hi") }).toString("hex")).toBe(
      "00000002000000030100" + "6869",
    );
  });
});

describe("FrameReader", () => {
  const frames = fc.array(
    fc.record({ streamId: fc.nat(), type: fc.nat(255), flags: fc.nat(255), payload: fc.uint8Array({ maxLength: 40 }) }),
  );

  test("finds the same frames however the bytes are cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(200)), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(encodeFrame));
        const edges = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
        const got = read(new FrameReader(), ...pieces).map((frame) => ({
          ...frame,
          payload: new Uint8Array(frame.payload),
        }));
        expect(got).toEqual(sent);
      }),
    );
  });

  test("drops a payload that is too long, and goes on behind it", () => {
    const reader = new FrameReader();
    const header = Buffer.alloc(10);
    header.writeUInt32BE(PAYLOAD_MAX + 5, 0);
    header.writeUInt32BE(7, 4);
    header.writeUInt8(RESPONSE, 8);
    expect(read(reader, header)).toMatchObject([{ streamId: 7, tooLong: PAYLOAD_MAX + 5 }]);
    for (let left = PAYLOAD_MAX; left > 0; left -= 1 << 16) expect(read(reader, Buffer.alloc(1 << 16))).toEqual([]);
    const next = Buffer.concat([
      Buffer.alloc(5),
      encodeFrame({ streamId: 9, type: RESPONSE, payload: Buffer.from("x") }),
    ]);
    expect(read(reader, next)).toMatchObject([{ streamId: 9, type: RESPONSE }]);
  });
});
