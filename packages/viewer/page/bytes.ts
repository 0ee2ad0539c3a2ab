/** Bytes as a dump of them: offset, sixteen bytes, what is text in them. */
const WIDTH = 16;
/** More than that nobody reads. */
const MOST = 4096;

export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < Math.min(bytes.length, MOST); offset += WIDTH) {
    const chunk = [...bytes.subarray(offset, offset + WIDTH)];
    const hex = chunk.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = chunk.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${offset.toString(16).padStart(6, "0")}  ${hex.padEnd(WIDTH * 3)} ${text}`);
  }
  return lines.join("\n") + (bytes.length > MOST ? `\n… ${bytes.length - MOST}` : "");
}
