/**
 * How often each call of the API was begun and how it ended, and the messages of both sides, under the names that Go's gRPC gives:
 *
 *     grpc_server_started_total{grpc_type="unary",grpc_service="containerd.services.tasks.v1.Tasks",grpc_method="Create"} 7
 *     grpc_server_handled_total{…,grpc_code="OK"} 7
 *     grpc_server_msg_received_total{…} 7    grpc_server_msg_sent_total{…} 7
 *
 * @see https://github.com/grpc-ecosystem/go-grpc-prometheus
 */
import { ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import { Counter, type Registry } from "prom-client";

const LABELS = ["grpc_type", "grpc_service", "grpc_method"] as const;

/** Counts into the registry. @returns To be given to the server. */
export function grpcCounters(registry: Registry): ServerInterceptor {
  const registers = [registry];
  const started = new Counter({
    name: "grpc_server_started_total",
    help: "Calls that were begun",
    labelNames: LABELS,
    registers,
  });
  const handled = new Counter({
    name: "grpc_server_handled_total",
    help: "Calls that are over, however they ended",
    labelNames: [...LABELS, "grpc_code"],
    registers,
  });
  const received = new Counter({
    name: "grpc_server_msg_received_total",
    help: "Messages that clients have sent",
    labelNames: LABELS,
    registers,
  });
  const sent = new Counter({
    name: "grpc_server_msg_sent_total",
    help: "Messages that were sent to clients",
    labelNames: LABELS,
    registers,
  });
  return ({ path, requestStream, responseStream }, call) => {
    const [, service = "", method = ""] = path.split("/");
    const labels = { grpc_type: typeOf(requestStream, responseStream), grpc_service: service, grpc_method: method };
    started.inc(labels);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMessage: (message, pass) => {
            received.inc(labels);
            pass(message);
          },
        }),
      sendMessage: (message, next) => {
        sent.inc(labels);
        next(message);
      },
      sendStatus: ({ code, ...rest }, next) => {
        handled.inc({ ...labels, grpc_code: codeName(code) });
        next({ code, ...rest });
      },
    });
  };
}

function typeOf(requestStream: boolean, responseStream: boolean): string {
  if (requestStream) return responseStream ? "bidi_stream" : "client_stream";
  return responseStream ? "server_stream" : "unary";
}

/** `OK`, `NotFound`: in Go's spelling. */
function codeName(code: number): string {
  const name = status[code] ?? "UNKNOWN";
  return name === "OK"
    ? name
    : name.toLowerCase().replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}
