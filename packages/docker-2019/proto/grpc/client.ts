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
import { announceCall } from "@eras/trace/link.ts";
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  credentials,
  type CallOptions as GrpcCallOptions,
  Metadata,
  makeClientConstructor,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";
import { type CallOptions, tracedCall } from "../call.ts";
import type { Init } from "../message.ts";
import type { Input, Method, Output, Service } from "../service.ts";
import { errorOf, OK } from "../status.ts";
import { definitionOf, MESSAGE_BYTES_MAX } from "./definition.ts";

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
  const Stub = makeClientConstructor(definitionOf(service), service.typeName);
  const stub = new Stub("", credentials.createInsecure(), { channelOverride: channel.getChannel() });
  const methods = Object.entries(service.method).map(([name, method]) => {
    const call = (...args: unknown[]) => stub[name]!.apply(stub, args);
    const defaults = () => ({ ...metadata, ...announceCall(tracedCall("grpc", service, method)) });
    return [name, CALLERS[method.kind](call, defaults)] as const;
  });
  return Object.fromEntries(methods) as GrpcClient<S>;
}

/** What goes with a call whatever its caller says. */
type Defaults = () => Readonly<Record<string, string>>;

const CALLERS = {
  unary: (start: (...args: unknown[]) => ClientUnaryCall, defaults: Defaults) => unaryCaller(start, defaults),
  server_streaming:
    (start: (...args: unknown[]) => ClientReadableStream<object>, defaults: Defaults) =>
    (request: object, options: CallOptions = {}) =>
      responsesOf(start(request, ...argumentsOf(defaults, options)), options.signal),
  bidi_streaming:
    (start: (...args: unknown[]) => ClientDuplexStream<object, object>, defaults: Defaults) =>
    (options: CallOptions = {}) =>
      bidiCall(start(...argumentsOf(defaults, options)), options.signal),
};

function unaryCaller(start: (...args: unknown[]) => ClientUnaryCall, defaults: Defaults) {
  return async (request: object, options: CallOptions = {}) => {
    options.signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<object>();
    const answered = (error: ServiceError | null, response: object) =>
      error ? reject(meant(error)) : resolve(response);
    const call = start(request, ...argumentsOf(defaults, options), answered);
    const cancel = () => call.cancel();
    options.signal?.addEventListener("abort", cancel, { once: true });
    return promise.finally(() => options.signal?.removeEventListener("abort", cancel));
  };
}

function argumentsOf(defaults: Defaults, { metadata: own, timeoutMs }: CallOptions): [Metadata, GrpcCallOptions] {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries({ ...defaults(), ...own })) metadata.set(key, value);
  return [metadata, timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }];
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

function meant({ code, details }: Pick<StatusObject, "code" | "details">): Error {
  return errorOf({ code, message: details });
}
