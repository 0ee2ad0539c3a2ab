import { connect } from "node:http2";
import { Duplex } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { AuthorityFilter } from "./authority.ts";

/** What a client sends: its preface, and a request for each authority. */
async function bytesOf(authorities: readonly string[]): Promise<Buffer> {
  const sent: Buffer[] = [];
  const write = (chunk: Buffer, _: unknown, done: () => void) => {
    sent.push(chunk);
    done();
  };
  const session = connect("http://localhost", { createConnection: () => new Duplex({ read: () => {}, write }) });
  for (const authority of authorities)
    session.request({ ":method": "POST", ":authority": authority }).on("error", () => {});
  await vi.waitFor(() => expect(requestsIn(Buffer.concat(sent))).toBe(authorities.length)); // nobody answers
  session.destroy();
  return Buffer.concat(sent);
}

const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;
const HEADERS = 1;

/** How many frames begin a request. @see https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
function requestsIn(bytes: Buffer): number {
  let count = 0;
  for (let at = PREFACE_BYTES; at < bytes.length; at += FRAME_HEADER_BYTES + bytes.readUIntBE(at, 3))
    if (bytes[at + 3] === HEADERS) count++;
  return count;
}

function filtered(chunks: Iterable<Buffer>): { bytes: Buffer; filter: AuthorityFilter } {
  const filter = new AuthorityFilter();
  const pieces = [...chunks].flatMap((chunk) => filter.take(Buffer.from(chunk)));
  return { bytes: Buffer.concat(pieces), filter };
}

describe("AuthorityFilter", () => {
  test.each([
    "unix:///run/containerd/containerd.sock", // shorter in Huffman's code
    "//XZ&XZ&XZ&XZ//", // longer: spelt out
    "/(a)+[b]~@$/\u0001/", // with what has longer codes; and what has none here
  ])("makes dashes of the slashes of %j, and nothing longer or shorter", async (authority) => {
    const bytes = await bytesOf([authority, authority, "/b"]);
    const whole = filtered([bytes]);
    expect(whole.filter).toMatchObject({ hasReplaced: true, requests: 3 });
    expect(whole.bytes).toHaveLength(bytes.length);
    expect(filtered([...bytes].map((byte) => Buffer.of(byte))).bytes.equals(whole.bytes)).toBe(true);
  });

  test("leaves nothing to replace", async () => {
    const { bytes } = filtered([await bytesOf(["unix:///a/b", "/c"])]);
    const again = filtered([bytes]);
    expect(again.filter).toMatchObject({ hasReplaced: false, requests: 2 });
    expect(again.bytes.equals(bytes)).toBe(true);
  });

  test("leaves other fields alone, and what is no request", async () => {
    const bytes = await bytesOf(["localhost"]);
    expect(filtered([bytes]).bytes.equals(bytes)).toBe(true);
    const noise = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251));
    expect(filtered([noise]).bytes.length).toBeLessThanOrEqual(noise.length);
  });
});
