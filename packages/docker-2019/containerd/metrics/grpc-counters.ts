/**
 * How often each call of the API was begun and how it ended, under the names that Go's gRPC gives to Prometheus:
 *
 *     grpc_server_started_total{grpc_type="unary",grpc_service="containerd.services.tasks.v1.Tasks",grpc_method="Create"} 7
 *     grpc_server_handled_total{…,grpc_code="OK"} 7
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
  return ({ path, requestStream, responseStream }, call) => {
    const [, service = "", method = ""] = path.split("/");
    const labels = { grpc_type: typeOf(requestStream, responseStream), grpc_service: service, grpc_method: method };
    started.inc(labels);
    return new ServerInterceptingCall(call, {
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
