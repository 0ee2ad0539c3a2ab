/**
 * The side of gRPC that asks, on `@grpc/grpc-js`.
 *
 *     const channel = connectGrpc("/run/containerd/containerd.sock");
 *     const containers = grpcClient(Containers, channel, { [NAMESPACE_KEY]: "default" });
 *     const { container } = await containers.get({ id: "web" });
 *     for await (const { info } of grpcClient(Content, channel).list({})) …
 *     channel.close();
 *
 * A failed call throws an error of errdefs.ts, of the kind that the other side meant.
 */

import { once } from "node:events";
import type { KindError } from "@eras/oci-spec/errdefs.ts";
import { announceExchange, type TracedCall } from "@eras/trace/link.ts";
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type CallOptions as GrpcCallOptions,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";
import { type CallOptions, failureSummary, SUCCESS, tracedCall } from "../call.ts";
import type { Init } from "../message.ts";
import type { Input, Method, Output, Service } from "../service.ts";
import { errorOf, OK, STATUS_CODE } from "../status.ts";
import { MESSAGE_BYTES_MAX, methodDefinition } from "./definition.ts";

/** A call where both sides stream. Whoever does not want the rest of the responses breaks out of their loop, which cancels the call. */
export interface BidiCall<I extends object, O extends object> {
  /** Waits until there is room for more. */
  send(request: Init<I>): Promise<void>;
  /** Says that there are no more requests. */
  end(): void;
  readonly responses: AsyncGenerator<O, void, void>;
}

/** What a method is to its caller. */
export type ClientMethod<M extends Method> = M["kind"] extends "unary"
  ? (request: Init<Input<M>>, options?: CallOptions) => Promise<Output<M>>
  : M["kind"] extends "server_streaming"
    ? (request: Init<Input<M>>, options?: CallOptions) => AsyncGenerator<Output<M>, void, void>
    : (options?: CallOptions) => BidiCall<Input<M>, Output<M>>;

/** A service's methods, to be called. */
export type GrpcClient<S extends Service> = { readonly [Name in keyof S["method"]]: ClientMethod<S["method"][Name]> };

/** How soon to try again where nobody answers, and how late at most: milliseconds, as containerd's own client has it. */
const RECONNECT_MS = { first: 100, last: 3000 };

/** A connection to a unix socket, made when it is first needed. Close it: it holds up the end of the program. */
export function connectGrpc(path: string): Client {
  return new Client(`unix:${path}`, credentials.createInsecure(), {
    "grpc.default_authority": "localhost",
    "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
    "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
    "grpc.initial_reconnect_backoff_ms": RECONNECT_MS.first,
    "grpc.max_reconnect_backoff_ms": RECONNECT_MS.last,
  });
}

/** The methods of `service` at the other end of `channel`. @param metadata - Goes with each call: namespace, lease. */
export function grpcClient<S extends Service>(
  service: S,
  channel: Client,
  metadata: Readonly<Record<string, string>> = {},
): GrpcClient<S> {
  const address = channel
    .getChannel()
    .getTarget()
    .replace(/^unix:/, "");
  const methods = Object.entries(service.method).map(([name, method]) => {
    const traced = { ...tracedCall("grpc", service, method), address };
    const callee = { channel, metadata, traced, definition: methodDefinition(service.typeName, method) };
    return [name, CALLERS[method.kind](callee)] as const;
  });
  return Object.fromEntries(methods) as GrpcClient<S>;
}

/** A method at the other end of a channel. */
interface Callee {
  readonly channel: Client;
  /** Goes with each call, whatever its caller says. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly definition: MethodDefinition<object, object>;
  /** What a trace says of it. */
  readonly traced: TracedCall;
}

const CALLERS = {
  unary: unaryCaller,
  server_streaming: (callee: Callee) => {
    const { path, requestSerialize, responseDeserialize } = callee.definition;
    return (request: object, options: CallOptions = {}) => {
      const bytes = requestSerialize(request);
      const { metadata, callOptions } = announce(callee, options, bytes);
      const { channel } = callee;
      const stream = channel.makeServerStreamRequest(path, asItIs, responseDeserialize, bytes, metadata, callOptions);
      return responsesOf(stream, options.signal);
    };
  },
  bidi_streaming: (callee: Callee) => {
    const { path, requestSerialize, responseDeserialize } = callee.definition;
    return (options: CallOptions = {}) => {
      const { metadata, callOptions } = announce(callee, options);
      const { channel } = callee;
      const stream = channel.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, callOptions);
      return bidiCall(stream, options.signal);
    };
  },
};

function unaryCaller(callee: Callee) {
  const { path, requestSerialize, responseDeserialize } = callee.definition;
  return async (request: object, options: CallOptions = {}) => {
    options.signal?.throwIfAborted();
    const bytes = requestSerialize(request);
    const { metadata, callOptions, answered } = announce(callee, options, bytes);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const settle = (error: ServiceError | null, response: Buffer = NO_BYTES) => {
      if (!error) answered?.(SUCCESS, { bytes: response });
      else if (!OWN_CODES.has(error.code)) answered?.(failureSummary(meant(error)));
      if (error) reject(meant(error));
      else resolve(response);
    };
    const call = callee.channel.makeUnaryRequest(path, asItIs, asItIs, bytes, metadata, callOptions, settle);
    const cancel = () => call.cancel();
    options.signal?.addEventListener("abort", cancel, { once: true });
    const response = promise.finally(() => options.signal?.removeEventListener("abort", cancel));
    return responseDeserialize(await response);
  };
}

const NO_BYTES = Buffer.alloc(0);

/** The library says these itself where no answer comes: a trace tells of answers. */
const OWN_CODES: ReadonlySet<number> = new Set([
  STATUS_CODE.Cancelled,
  STATUS_CODE.DeadlineExceeded,
  STATUS_CODE.Unavailable,
]);

/** The library is given bytes and gives bytes: a trace has those that went over the wire. */
function asItIs(bytes: Buffer): Buffer {
  return bytes;
}

/** Tells of the call, if it is traced. @param bytes - Of its request, if there is but one. */
function announce({ metadata: defaults, traced }: Callee, { metadata: own, timeoutMs }: CallOptions, bytes?: Buffer) {
  const words = { ...defaults, ...own };
  const announced = announceExchange(traced, { metadata: words, ...(bytes && { bytes }) });
  const metadata = new Metadata();
  for (const [key, value] of Object.entries({ ...words, ...announced?.metadata })) metadata.set(key, value);
  const callOptions: GrpcCallOptions = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  return { metadata, callOptions, answered: announced?.answered };
}

/**
 * What the other side sends, in the order in which it comes. A failure may overtake responses that nobody has read yet.
 *
 * The library's stream tells a failure at once, whoever listens, and does not keep it; so it is noted from the start.
 */
function responsesOf<O extends object>(
  stream: ClientReadableStream<O>,
  signal?: AbortSignal,
): AsyncGenerator<O, void, void> {
  let status: StatusObject | undefined;
  let wake = () => {};
  stream.on("readable", () => wake());
  stream.on("error", () => {}); // the status tells it too
  stream.on("status", (final: StatusObject) => {
    status = final;
    wake();
  });
  const cancel = () => stream.cancel();
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return (async function* () {
    try {
      for (;;) {
        const news = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const response: O | null = stream.read();
        if (response !== null) yield response;
        else if (status === undefined) await news;
        else if (status.code === OK) return;
        else throw meant(status);
      }
    } finally {
      signal?.removeEventListener("abort", cancel);
      cancel();
    }
  })();
}

function bidiCall<I extends object, O extends object>(
  stream: ClientDuplexStream<I, O>,
  signal?: AbortSignal,
): BidiCall<I, O> {
  let over = false;
  stream.on("status", () => {
    over = true;
    stream.emit("drain"); // nothing will be taken any more, so nobody need wait for room
  });
  return {
    send: async (request) => {
      if (!over && !stream.write(request as I)) await once(stream, "drain");
    },
    end: () => void stream.end(),
    responses: responsesOf(stream, signal),
  };
}

function meant({ code, details }: Pick<StatusObject, "code" | "details">): KindError {
  return errorOf({ code, message: details });
}
