/**
 * The side of ttrpc that answers: a shim for its tasks, containerd for the shims' events.
 *
 *     const server = ttrpcServer([implement(Task, { state: ({ id }) => ({ id, status: Status.RUNNING }) })]);
 *     server.listen({ fd: 3 });
 *
 * Requests of one connection are answered as their handlers finish, in any order.
 */
import { createServer, type Server, type Socket } from "node:net";
import { InvalidArgument, NotImplemented, ResourceExhausted } from "@eras/oci-spec/errdefs.ts";
import { answerTraced } from "../../tracing.ts";
import { type Call, tellingOutcome, tracedCall } from "../call.ts";
import { type Request, RequestSchema, type Response, ResponseSchema } from "../gen/ttrpc_pb.ts";
import { fromBinary, type Init, toBinary } from "../message.ts";
import type { Input, Method, Output, Service } from "../service.ts";
import { OK, statusOf } from "../status.ts";
import { encodeFrame, FLAG_REMOTE_OPEN, type Frame, FrameReader, PAYLOAD_MAX, REQUEST, RESPONSE } from "./frame.ts";

/** Answers one method. What it throws becomes the status of the response, by its kind. */
export type TtrpcHandler<M extends Method> = (
  request: Input<M>,
  call: Call,
) => Promise<Init<Output<M>>> | Init<Output<M>>;

/** Answers the methods of a service; those left out are answered with NotImplemented. */
export type TtrpcHandlers<S extends Service> = {
  readonly [Name in keyof S["method"]]?: TtrpcHandler<S["method"][Name]>;
};

/** A service with its handlers, made by {@link implement}. */
export interface TtrpcImplementation {
  readonly service: Service;
  readonly handlers: Readonly<Record<string, TtrpcHandler<Method>>>;
}

/** Calls of one connection that may be open at a time. A Wait is open for as long as a process runs, so there can be many. */
const CALLS_MAX = 16_384;

/** Pairs a service with its handlers. */
export function implement<S extends Service>(service: S, handlers: TtrpcHandlers<S>): TtrpcImplementation {
  return { service, handlers: handlers as TtrpcImplementation["handlers"] };
}

/** A server of these services, which does not listen yet. Errors of its connections end them, and nothing else. */
export function ttrpcServer(implementations: readonly TtrpcImplementation[]): Server {
  return createServer((socket) => new ServedConnection(socket, implementations));
}

class ServedConnection {
  readonly #socket: Socket;
  readonly #implementations: readonly TtrpcImplementation[];
  readonly #frames = new FrameReader();
  readonly #gone = new AbortController();
  #lastStreamId = 0;
  #openCalls = 0;

  constructor(socket: Socket, implementations: readonly TtrpcImplementation[]) {
    this.#socket = socket;
    this.#implementations = implementations;
    socket.on("data", (piece: Buffer) => this.#receive(piece));
    socket.on("drain", () => socket.resume());
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => this.#gone.abort());
  }

  #receive(piece: Buffer): void {
    for (const frame of this.#frames.push(piece)) {
      if (frame.type === REQUEST) void this.#answer(frame); // other types belong to streams, and there are none here
    }
  }

  async #answer(frame: Frame): Promise<void> {
    this.#openCalls++;
    try {
      this.#checkStream(frame);
      const payload = await this.#call(fromBinary(RequestSchema, frame.payload));
      if (payload.length > PAYLOAD_MAX) throw new ResourceExhausted(tooLong(payload.length));
      this.#respond(frame.streamId, { status: { code: OK }, payload });
    } catch (error) {
      this.#respond(frame.streamId, { status: statusOf(error) });
    } finally {
      this.#openCalls--;
    }
  }

  #checkStream({ streamId, flags, tooLong: length }: Frame): void {
    if (streamId % 2 !== 1) throw new InvalidArgument("StreamID must be odd for client initiated streams");
    if (streamId <= this.#lastStreamId) throw new InvalidArgument("StreamID cannot be re-used and must increment");
    this.#lastStreamId = streamId;
    if (length !== undefined) throw new ResourceExhausted(tooLong(length));
    if (flags & FLAG_REMOTE_OPEN) throw new NotImplemented("streams are not implemented");
    if (this.#openCalls > CALLS_MAX) throw new ResourceExhausted(`more than ${CALLS_MAX} calls of one connection`);
  }

  async #call(request: Request): Promise<Uint8Array> {
    const { service, method, handler } = this.#find(request);
    const metadata = new Map(request.metadata.map(({ key, value }) => [key.toLowerCase(), value] as const).reverse());
    const call = { metadata, signal: this.#signalFor(request.timeoutNano) };
    const work = () => handler(fromBinary(method.input, request.payload), call);
    const response = await answerTraced(metadata, tracedCall("ttrpc", service, method), (tell) =>
      tellingOutcome(tell, work),
    );
    return toBinary(method.output, response);
  }

  #find(request: Request): { service: Service; method: Method; handler: TtrpcHandler<Method> } {
    const found = this.#implementations.find(({ service }) => service.typeName === request.service);
    if (!found) throw new NotImplemented(`service ${request.service}`);
    const [name, method] = Object.entries(found.service.method).find(([, { name }]) => name === request.method) ?? [];
    const handler = name === undefined ? undefined : found.handlers[name];
    if (!method || !handler) throw new NotImplemented(`method ${request.method}`);
    return { service: found.service, method, handler };
  }

  #signalFor(timeoutNano: bigint): AbortSignal {
    if (timeoutNano <= 0n) return this.#gone.signal;
    return AbortSignal.any([this.#gone.signal, AbortSignal.timeout(Number(timeoutNano / 1_000_000n))]);
  }

  /** A caller that does not read is not read from either, so that what it does not read does not pile up here. */
  #respond(streamId: number, response: Init<Response>): void {
    if (this.#socket.destroyed) return;
    const frame = encodeFrame({ streamId, type: RESPONSE, payload: toBinary(ResponseSchema, response) });
    if (!this.#socket.write(frame)) this.#socket.pause();
  }
}

function tooLong(length: number): string {
  return `message length ${length} exceed maximum message size of ${PAYLOAD_MAX}`;
}
