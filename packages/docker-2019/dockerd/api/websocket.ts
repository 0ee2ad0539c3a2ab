/**
 * A WebSocket, as far as `attach` needs one: a connection that goes both ways, in frames.
 *
 *     FIN ··· opcode (4 bits)   MASK length (7 bits, or 16, or 64)   mask (4 bytes, of a client)   payload
 *
 * What a client sends is unmasked and passed on as it comes, however it is cut into frames. What goes to it are binary frames.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455
 */
import { createHash } from "node:crypto";
import { Duplex } from "node:stream";
import { InvalidArgument, PermissionDenied } from "@eras/oci-spec/errdefs.ts";
import type { ApiCall, Hijacked } from "./call.ts";

const VERSION = "13";
const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const BINARY_TYPE = "application/octet-stream";
const FIN = 0x80;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const CONTROL_MAX = 125;
/** Codes that a close frame begins with. */
const CLOSED = { normally: 1000, protocolError: 1002 } as const;

/** Takes a request over. @throws {InvalidArgument} When it is for no WebSocket; {PermissionDenied} when somebody else's page asks. */
export function acceptWebSocket({ headers, answer }: Pick<ApiCall, "headers" | "answer">): Duplex {
  const key = headers["sec-websocket-key"];
  if (
    typeof key !== "string" ||
    headers["sec-websocket-version"] !== VERSION ||
    !/websocket/i.test(headers.upgrade ?? "")
  )
    throw new InvalidArgument("not websocket protocol: a WebSocket of version 13 would do");
  verifyOrigin(headers);
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  return new WebSocketStream(answer.hijack(BINARY_TYPE, { Upgrade: "websocket", "Sec-WebSocket-Accept": accept }));
}

/** Browsers let any page open a WebSocket to this host, and say whose it is, and what they call this host. */
function verifyOrigin({ origin, host }: ApiCall["headers"]): void {
  if (origin !== undefined && host !== "" && URL.parse(origin)?.host !== host)
    throw new PermissionDenied(`a page of ${origin} may not attach to containers`);
}

/** The frame that is being read. */
interface Frame {
  readonly opcode: number;
  readonly mask: Buffer;
  /** Bytes of the payload that were read, and those that there are. */
  readonly position: number;
  readonly length: number;
}

class WebSocketStream extends Duplex {
  readonly #socket: Hijacked;
  /** What is no whole header yet. */
  #unread: Buffer = Buffer.alloc(0);
  #frame: Frame | undefined;
  #hasEnded = false;
  /** Of a control frame. */
  #control: Buffer = Buffer.alloc(0);

  constructor(socket: Hijacked) {
    super();
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => this.#endInput());
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat([header(OPCODES.binary, chunk.length), chunk]), done);
  }

  override _final(done: () => void): void {
    this.#close(CLOSED.normally, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  /** @param done - Called when everything is on its way. */
  #close(code: number, done = () => {}): void {
    if (this.#socket.writable)
      this.#socket.end(Buffer.concat([header(OPCODES.close, 2), Buffer.from([code >> 8, code & 0xff])]), done);
    else done();
  }

  #take(chunk: Buffer): void {
    if (this.#hasEnded) return; // nothing may come behind a close
    this.#unread = Buffer.concat([this.#unread, chunk]);
    while (this.#frame !== undefined || this.#readHeader()) {
      const { mask, position, length } = this.#frame!;
      const payload = this.#unread.subarray(0, length - position);
      this.#unread = this.#unread.subarray(payload.length);
      this.#frame = { ...this.#frame!, position: position + payload.length };
      this.#pass(unmasked(payload, mask, position));
      if (this.#frame.position < length) return; // the rest is still to come
      this.#endFrame();
    }
  }

  /** @returns Whether there is a whole one, and it makes sense. */
  #readHeader(): boolean {
    const frame = parseHeader(this.#unread);
    if (frame === undefined) return false;
    const isControl = frame.opcode >= OPCODES.close;
    if (!frame.isMasked || (isControl && frame.length > CONTROL_MAX)) {
      this.#close(CLOSED.protocolError);
      this.#endInput();
      return false;
    }
    this.#unread = this.#unread.subarray(frame.headerLength);
    this.#frame = { opcode: frame.opcode, mask: frame.mask, position: 0, length: frame.length };
    return true;
  }

  #pass(payload: Buffer): void {
    if (this.#frame!.opcode >= OPCODES.close) this.#control = Buffer.concat([this.#control, payload]);
    else if (payload.length > 0 && !this.push(payload)) this.#socket.pause();
  }

  #endFrame(): void {
    const { opcode } = this.#frame!;
    this.#frame = undefined;
    const content = this.#control;
    this.#control = Buffer.alloc(0);
    if (opcode === OPCODES.ping) this.#socket.write(Buffer.concat([header(OPCODES.pong, content.length), content]));
    if (opcode !== OPCODES.close) return;
    this.#close(CLOSED.normally);
    this.#endInput();
  }

  #endInput(): void {
    this.#hasEnded = true;
    this.#unread = Buffer.alloc(0);
    this.push(null);
  }
}

function header(opcode: number, length: number): Buffer {
  if (length <= CONTROL_MAX) return Buffer.from([FIN | opcode, length]);
  const isShort = length <= 0xffff;
  const buffer = Buffer.alloc(isShort ? 4 : 10);
  buffer.set([FIN | opcode, isShort ? LENGTH_16 : LENGTH_64]);
  if (isShort) buffer.writeUInt16BE(length, 2);
  else buffer.writeBigUInt64BE(BigInt(length), 2);
  return buffer;
}

/** Undefined if it isn't all there. */
function parseHeader(bytes: Buffer) {
  if (bytes.length < 2) return undefined;
  const opcode = bytes[0]! & 0x0f;
  const isMasked = (bytes[1]! & MASKED) !== 0;
  const short = bytes[1]! & ~MASKED;
  const lengthBytes = short === LENGTH_64 ? 8 : short === LENGTH_16 ? 2 : 0;
  const maskAt = 2 + lengthBytes;
  const headerLength = maskAt + (isMasked ? 4 : 0);
  if (bytes.length < headerLength) return undefined;
  const length = lengthBytes === 0 ? short : Number(`0x${bytes.toString("hex", 2, maskAt)}`);
  return { opcode, isMasked, length, mask: bytes.subarray(maskAt, headerLength), headerLength };
}

function unmasked(payload: Buffer, mask: Buffer, position: number): Buffer {
  const plain = Buffer.from(payload);
  for (let i = 0; i < plain.length; i++) plain[i]! ^= mask[(position + i) % mask.length]!;
  return plain;
}
