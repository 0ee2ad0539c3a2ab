/** Bytes as a dump of them: offset, sixteen bytes, what is text in them. */
const WIDTH = 16;
/** More than that nobody reads. */
export const SHOWN_BYTES_MAX = 4096;

/** Of a line: where the bytes begin, where the text does, and how long it is with its end. */
const HEX_AT = 8;
const TEXT_AT = HEX_AT + 3 * WIDTH + 1;
const LINE = TEXT_AT + WIDTH + 1;

export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < Math.min(bytes.length, SHOWN_BYTES_MAX); offset += WIDTH) {
    const chunk = [...bytes.subarray(offset, offset + WIDTH)];
    const hex = chunk.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = chunk.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${offset.toString(16).padStart(6, "0")}  ${hex.padEnd(WIDTH * 3)} ${text}`);
  }
  return lines.join("\n");
}

/** Where in the dump some of the bytes stand: on each line once as numbers, once as text. */
export function placesInDump(start: number, end: number): (readonly [from: number, to: number])[] {
  const places: (readonly [number, number])[] = [];
  const last = Math.min(end, SHOWN_BYTES_MAX) - 1;
  for (let line = Math.floor(start / WIDTH); line * WIDTH <= last; line++) {
    const [first, final] = [Math.max(start - line * WIDTH, 0), Math.min(last - line * WIDTH, WIDTH - 1)];
    const at = line * LINE;
    places.push(
      [at + HEX_AT + 3 * first, at + HEX_AT + 3 * final + 2],
      [at + TEXT_AT + first, at + TEXT_AT + final + 1],
    );
  }
  return places;
}
