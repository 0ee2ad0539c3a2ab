/**
 * The side of gRPC that answers, on `@grpc/grpc-js`.
 *
 *     const server = grpcServer([implement(Version, { version: () => ({ version: "1.2.6" }) })]);
 *     await listen(server, "/run/containerd/containerd.sock");
 */
import { once } from "node:events";
import type { ServerOptions } from "node:http2";
import { createServer } from "node:net";
import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { Cancelled } from "@eras/oci-spec/errdefs.ts";
import type { TellAnswer } from "@eras/trace/link.ts";
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerInterceptor,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { answerTraced } from "../../tracing.ts";
import { type Call, LEASE_KEY, NAMESPACE_KEY, tellingOutcome, tracedCall } from "../call.ts";
import type { Init } from "../message.ts";
import type { Input, Method, Output, Service } from "../service.ts";
import { statusOf } from "../status.ts";
import { acceptConnection } from "./connection.ts";
import { definitionOf, MESSAGE_BYTES_MAX } from "./definition.ts";

/**
 * Answers one method: with a response, or, where responses are a stream, with whatever can be iterated. What it throws becomes the status
 * of the call, by its kind.
 *
 * A stream is pulled no faster than the caller reads. A handler that waits for something else than requests, such as the next event, ends
 * when `call.signal` is aborted: nobody else can end it.
 */
export type Handler<M extends Method> = M["kind"] extends "unary"
  ? (request: Input<M>, call: Call) => Promise<Init<Output<M>>> | Init<Output<M>>
  : M["kind"] extends "server_streaming"
    ? (request: Input<M>, call: Call) => Responses<M>
    : (requests: AsyncIterable<Input<M>>, call: Call) => Responses<M>;

type Responses<M extends Method> = AsyncIterable<Init<Output<M>>> | Iterable<Init<Output<M>>>;

/** Answers the methods of a service; those left out are answered with NotImplemented. */
export type Handlers<S extends Service> = { readonly [Name in keyof S["method"]]?: Handler<S["method"][Name]> };

/** A service with its handlers, made by {@link implement}. */
export interface Implementation {
  readonly service: Service;
  readonly handlers: UntypedServiceImplementation;
}

/** Pairs a service with its handlers. */
export function implement<S extends Service>(service: S, handlers: Handlers<S>): Implementation {
  const adapted = Object.entries(handlers).map(([name, handler]) => {
    const method = service.method[name]!;
    const traced: Tracer = (call, work) => answerTraced(call.metadata, tracedCall("grpc", service, method), work);
    return [name, ADAPTERS[method.kind](handler as never, traced)] as const;
  });
  return { service, handlers: Object.fromEntries(adapted) };
}

/**
 * How many calls a client may give up at once, and again each second: containerd's reads a blob piece by piece, and gives up a call for each.
 * Node takes a thousand for an attack, and ends the connection.
 */
const HTTP2_OPTIONS: ServerOptions = { streamResetBurst: 100_000, streamResetRate: 10_000 };

/** What the library hands on to Node. It has no word for ours. */
interface WithHttp2Options {
  readonly commonServerOptions: ServerOptions;
}

/** A server of these services, which does not listen yet. @param interceptors - See each call go by. */
export function grpcServer(implementations: readonly Implementation[], interceptors: ServerInterceptor[] = []): Server {
  const server = new Server({
    interceptors,
    "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
    "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
  });
  Object.assign((server as unknown as WithHttp2Options).commonServerOptions, HTTP2_OPTIONS);
  for (const { service, handlers } of implementations) server.addService(definitionOf(service), handlers);
  return server;
}

/** Listens on a unix socket, which must not be there yet. @returns Ends that, and all calls. */
export function listen(server: Server, path: string): Promise<() => void> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer((socket) =>
    acceptConnection(socket, (connection) => injector.injectConnection(connection)),
  );
  const stop = () => {
    listener.close();
    server.forceShutdown();
  };
  return new Promise((resolve, reject) => listener.once("error", reject).listen(path, () => resolve(stop)));
}

/** Does the work of a call as a part of the run that it belongs to. */
type Tracer = <Result>(call: Call, work: (tell?: TellAnswer) => Promise<Result>) => Promise<Result>;

const ADAPTERS = {
  unary:
    (handler: Handler<Method<object, object, "unary">>, traced: Tracer) =>
    (libraryCall: ServerUnaryCall<object, object>, answer: sendUnaryData<Init<object>>) => {
      const call = callOf(libraryCall);
      traced(call, (tell) => tellingOutcome(tell, () => handler(libraryCall.request, call))).then(
        (response) => answer(null, response),
        (error) => answer(failure(error)),
      );
    },
  server_streaming:
    (handler: Handler<Method<object, object, "server_streaming">>, traced: Tracer) =>
    (stream: ServerWritableStream<object, object>) => {
      const call = callOf(stream);
      void traced(call, () => pump(() => handler(stream.request, call), stream, call.signal));
    },
  bidi_streaming:
    (handler: Handler<Method<object, object, "bidi_streaming">>, traced: Tracer) =>
    (stream: ServerDuplexStream<object, object>) => {
      const call = callOf(stream);
      void traced(call, () => pump(() => handler(requestsOf(stream, call.signal), call), stream, call.signal));
    },
};

interface LibraryCall {
  readonly metadata: Metadata;
  on(event: "cancelled", listener: () => void): unknown;
}

function callOf(call: LibraryCall): Call {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort(new Cancelled("The caller has gone")));
  const metadata = Object.entries(call.metadata.getMap()).flatMap(([key, value]) =>
    typeof value === "string" ? [[key, JOINED.has(key) ? firstOf(value) : value] as const] : [],
  );
  return { metadata: new Map(metadata), signal: controller.signal };
}

/** Who changes its mind about these puts the new one before the old one: two values, of which Node makes one. */
const JOINED: ReadonlySet<string> = new Set([NAMESPACE_KEY, LEASE_KEY]);

function firstOf(joined: string): string {
  return joined.split(", ", 1)[0]!;
}

/** Sends what `respond` yields until it ends, fails, or nobody reads it any more. */
async function pump(
  respond: () => Iterable<object> | AsyncIterable<object>,
  stream: Writable,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const response of respond()) {
      if (signal.aborted) return;
      if (!stream.write(response)) await once(stream, "drain", { signal });
    }
    stream.end();
  } catch (error) {
    if (!signal.aborted) stream.emit("error", failure(error));
  }
}

/**
 * The requests as they come. When the caller has gone, waiting for the next one fails; to the library that looks like the last request
 * at first, so the end is looked at again a moment later.
 */
async function* requestsOf(stream: ServerDuplexStream<object, object>, signal: AbortSignal): AsyncGenerator<object> {
  const gone = () => stream.destroy(signal.reason);
  signal.addEventListener("abort", gone, { once: true });
  yield* stream.iterator({ destroyOnReturn: false });
  await setImmediate();
  signal.throwIfAborted();
  signal.removeEventListener("abort", gone);
}

function failure(error: unknown): Partial<StatusObject> {
  const { code, message } = statusOf(error);
  return { code, details: message };
}
