/**
 * Requests of the clients of 2019, made fit for Node.
 *
 * gRPC for Go, as it was until 2020, gives a request the address that it has dialled for an `:authority`:
 *
 *     unix:///run/containerd/containerd.sock        RFC 3986 has no slash in an authority: nghttp2, and so Node, refuses the request
 *     unix:---run-containerd-containerd.sock        what Node gets instead: nobody looks at it
 *
 * This is about bytes on a connection, in frames:
 *
 *     preface │ length 3 · type 1 · flags 1 · stream 4 │ body │ length …
 *
 * @see https://datatracker.ietf.org/doc/html/rfc9113#section-4.1
 */
import { replaceSlashes } from "./hpack-authority.ts";

const PREFACE_BYTES = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length;
const FRAME_HEADER_BYTES = 9;
const [HEADERS, SETTINGS] = [0x1, 0x4];
/** Flags: of SETTINGS, and two of HEADERS. */
const [ACK, PADDED, PRIORITY] = [0x1, 0x8, 0x20];
const PRIORITY_BYTES = 5;
/** The most that a peer may send which was not told otherwise. A longer frame is refused by Node. */
const FRAME_BYTES_MAX = 16_384;

/** SETTINGS that say nothing. */
export const EMPTY_SETTINGS = Buffer.from([0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]);

/** The bytes of a client, as they come, in whatever pieces. It has been sent EMPTY_SETTINGS behind Node's back, so its first ACK is ours. */
export class AuthorityFilter {
  /** Of the preface, or of a frame that isn't looked into. */
  #bodyLeft = PREFACE_BYTES;
  /** The beginning of a frame that has not come whole. */
  held: Buffer = Buffer.alloc(0);
  acknowledged = false;
  requests = 0;
  /** Whether there was an authority that Node would have refused. */
  hasReplaced = false;

  /** @returns What can go on: these bytes and those held back before, but for an unfinished header block. */
  take(chunk: Buffer): Buffer[] {
    const bytes = this.held.length > 0 ? Buffer.concat([this.held, chunk]) : chunk;
    const pieces: Buffer[] = [];
    let [from, at] = [0, 0];
    for (let part = this.#next(bytes); part.length > 0; part = this.#next(bytes.subarray(at))) {
      if (this.#isOurs(part)) {
        pieces.push(bytes.subarray(from, at));
        from = at + part.length;
      }
      at += part.length;
    }
    pieces.push(bytes.subarray(from, at));
    this.held = bytes.subarray(at);
    return pieces.filter(({ length }) => length > 0);
  }

  /** @returns What can be looked at as one: nothing, if more bytes are needed. */
  #next(bytes: Buffer): Buffer {
    if (this.#bodyLeft > 0) {
      const body = bytes.subarray(0, this.#bodyLeft);
      this.#bodyLeft -= body.length;
      return body;
    }
    if (bytes.length < FRAME_HEADER_BYTES) return bytes.subarray(0, 0);
    const length = bytes.readUIntBE(0, 3);
    if (bytes[3] !== HEADERS || length > FRAME_BYTES_MAX) {
      this.#bodyLeft = length;
      return bytes.subarray(0, FRAME_HEADER_BYTES);
    }
    if (bytes.length < FRAME_HEADER_BYTES + length) return bytes.subarray(0, 0);
    const frame = bytes.subarray(0, FRAME_HEADER_BYTES + length);
    this.requests++;
    if (replaceSlashes(headerBlock(frame))) this.hasReplaced = true;
    return frame;
  }

  #isOurs(part: Buffer): boolean {
    const isOurs = !this.acknowledged && part.length === FRAME_HEADER_BYTES && part[3] === SETTINGS && part[4] === ACK;
    if (isOurs) this.acknowledged = true;
    return isOurs;
  }
}

/** What a HEADERS frame has between priority and padding. */
function headerBlock(frame: Buffer): Buffer {
  const [flags, body] = [frame[4]!, frame.subarray(FRAME_HEADER_BYTES)];
  const padding = (flags & PADDED) === 0 ? 0 : (body[0] ?? 0);
  const start = ((flags & PADDED) === 0 ? 0 : 1) + ((flags & PRIORITY) === 0 ? 0 : PRIORITY_BYTES);
  return body.subarray(start, Math.max(start, body.length - padding));
}
