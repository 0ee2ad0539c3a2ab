/** A service as `@grpc/grpc-js` wants it told: the path of each method, and how its messages become bytes. */
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { fromBinary, toBinary } from "../message.ts";
import type { Method, Service } from "../service.ts";

/** The longest message that containerd and its clients send or take: 16 MiB. */
export const MESSAGE_BYTES_MAX = 16 << 20;

/** @returns Keys are the names of methods here: `closeIO`. */
export function definitionOf({ typeName, method: methods }: Service): ServiceDefinition {
  const definitions = Object.entries(methods).map(
    ([name, method]) => [name, methodDefinition(typeName, method)] as const,
  );
  return Object.fromEntries(definitions);
}

/** One method, for server and client. */
export function methodDefinition(
  service: string,
  { name, kind, input, output }: Method,
): MethodDefinition<object, object> {
  return {
    path: `/${service}/${name}`,
    requestStream: kind === "bidi_streaming",
    responseStream: kind !== "unary",
    requestSerialize: (request) => toBinary(input, request),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: (response) => toBinary(output, response),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}
