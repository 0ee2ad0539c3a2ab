/**
 * The side of ttrpc that asks: containerd its shims, a shim containerd for its events.
 *
 *     const connection = await connectTtrpc("/run/containerd/s/…");
 *     const { shimPid } = await ttrpcClient(Task, connection).connect({ id: "web" });
 *
 * Calls run side by side on one connection. When it is lost, every open call fails with Unavailable, and so does each one after.
 */
import { connect, type Socket } from "node:net";
import {
  Cancelled,
  DeadlineExceeded,
  Internal,
  type KindError,
  ResourceExhausted,
  Unavailable,
} from "@eras/oci-spec/errdefs.ts";
import { announceExchange } from "@eras/trace/link.ts";
import { type CallOptions, failureSummary, SUCCESS, tracedCall } from "../call.ts";
import { RequestSchema, ResponseSchema } from "../gen/ttrpc_pb.ts";
import { fromBinary, type Init, toBinary } from "../message.ts";
import type { Input, Method, Output, Service } from "../service.ts";
import { errorOf, OK } from "../status.ts";
import { encodeFrame, type Frame, FrameReader, PAYLOAD_MAX, REQUEST, RESPONSE } from "./frame.ts";

/** A service's methods, to be called. A failed call throws an error of errdefs.ts, of the kind that the other side meant. */
export type TtrpcClient<S extends Service> = {
  readonly [Name in keyof S["method"]]: (
    request: Init<Input<S["method"][Name]>>,
    options?: CallOptions,
  ) => Promise<Output<S["method"][Name]>>;
};

/** The methods of `service` at the other end of `connection`. */
export function ttrpcClient<S extends Service>(service: S, connection: TtrpcConnection): TtrpcClient<S> {
  const calls = Object.entries(service.method).map(([name, method]) => [
    name,
    (request: Init<object>, options?: CallOptions) => connection.call(service, method, request, options),
  ]);
  return Object.fromEntries(calls);
}

/**
 * Connects to a unix socket.
 *
 * @param path - Of the socket, or an abstract name behind a zero byte.
 * @throws {Unavailable} When nobody listens there.
 */
export function connectTtrpc(path: string): Promise<TtrpcConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (cause: Error) => reject(new Unavailable(`Cannot connect to ${path}: ${cause.message}`, { cause }));
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      resolve(new TtrpcConnection(socket, path));
    });
  });
}

/** The path of a shim's address: of `unix:///path`, or of an abstract socket, where the address has no scheme. */
export function socketPath(address: string): string {
  return address.startsWith("unix://") ? address.slice("unix://".length) : `\0${address}`;
}

interface OpenCall {
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

/** A connection, for the clients of any number of services. */
export class TtrpcConnection {
  /** Settles when the connection is no more, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #path: string;
  readonly #frames = new FrameReader();
  readonly #open = new Map<number, OpenCall>();
  #nextStreamId = 1;

  constructor(socket: Socket, path: string) {
    this.#socket = socket;
    this.#path = path;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("data", (piece: Buffer) => this.#receive(piece));
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => this.#failAll());
  }

  /** Ends the connection; open calls fail. */
  close(): void {
    this.#socket.destroy();
  }

  /** Calls one method: {@link ttrpcClient} does it with types. */
  async call(service: Service, method: Method, init: Init<object>, options: CallOptions = {}): Promise<object> {
    options.signal?.throwIfAborted();
    if (this.#socket.destroyed) throw this.#lost();
    const bytes = toBinary(method.input, init);
    const traced = { ...tracedCall("ttrpc", service, method), address: this.#path };
    const announced = announceExchange(traced, { bytes, ...(options.metadata && { metadata: options.metadata }) });
    const metadata = { ...options.metadata, ...announced?.metadata };
    const payload = encodeRequest(service, method, bytes, { ...options, metadata });
    const frame = await this.#exchange(payload, traced.method, options);
    const response = readResponse(method, frame);
    if (response instanceof Error) {
      announced?.answered(failureSummary(response));
      throw response;
    }
    announced?.answered(SUCCESS, { bytes: response });
    return fromBinary(method.output, response);
  }

  /** Sends a request and waits for the response, for the deadline, or for the caller to give up. */
  #exchange(payload: Uint8Array, what: string, { timeoutMs, signal }: CallOptions): Promise<Frame> {
    const streamId = this.#nextStreamId;
    this.#nextStreamId += 2;
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    const giveUp = () => reject(new Cancelled(`${what} was given up`, { cause: signal?.reason }));
    const timeOut = () => reject(new DeadlineExceeded(`${what} was not answered within ${timeoutMs} ms`));
    const timer = timeoutMs ? setTimeout(timeOut, timeoutMs) : undefined;
    signal?.addEventListener("abort", giveUp, { once: true });
    this.#open.set(streamId, { resolve, reject });
    this.#socket.write(encodeFrame({ streamId, type: REQUEST, payload }));
    return promise.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
      this.#open.delete(streamId);
    });
  }

  /** A response that nobody waits for any more is passed over. */
  #receive(piece: Buffer): void {
    for (const frame of this.#frames.push(piece)) {
      const call = this.#open.get(frame.streamId);
      if (frame.type === RESPONSE) call?.resolve(frame);
      else call?.reject(new Internal(`A frame of type ${frame.type} came where a response was due`));
    }
  }

  #failAll(): void {
    for (const { reject } of this.#open.values()) reject(this.#lost());
  }

  #lost(): Unavailable {
    return new Unavailable(`ttrpc: closed (${this.#path})`);
  }
}

/** @throws {ResourceExhausted} When it is longer than a frame may be. */
function encodeRequest(
  { typeName }: Service,
  { name }: Method,
  payload: Uint8Array,
  { metadata = {}, timeoutMs = 0 }: CallOptions,
): Uint8Array {
  const request = toBinary(RequestSchema, {
    service: typeName,
    method: name,
    payload,
    timeoutNano: BigInt(Math.ceil(timeoutMs * 1e6)),
    metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  if (request.length > PAYLOAD_MAX) throw new ResourceExhausted(`Cannot call ${name} with ${request.length} bytes`);
  return request;
}

/** @returns The response's own bytes, or the error that was answered in place of them. */
function readResponse({ name }: Method, frame: Frame): Uint8Array | KindError {
  if (frame.tooLong !== undefined) return new ResourceExhausted(`The response of ${name} has ${frame.tooLong} bytes`);
  const { status, payload } = fromBinary(ResponseSchema, frame.payload);
  return status && status.code !== OK ? errorOf(status) : payload;
}
