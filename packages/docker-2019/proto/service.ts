/**
 * Services: named sets of calls, as the .proto files declare them. What carries the calls is gRPC (grpc/) or ttrpc (ttrpc/).
 */
import type { Schema } from "./message.ts";

/** Whether requests and responses are one each, or streams. containerd has no method where only the requests are many. */
export type MethodKind = "unary" | "server_streaming" | "bidi_streaming";

/** One call: what it takes and what it gives. */
export interface Method<I extends object = object, O extends object = object, Kind extends MethodKind = MethodKind> {
  /** As the wire has it: "CloseIO". */
  readonly name: string;
  readonly kind: Kind;
  readonly input: Schema<I>;
  readonly output: Schema<O>;
}

/** A service, its methods by their names here: `closeIO`. */
export interface Service {
  /** With its package: "containerd.task.v2.Task". */
  readonly typeName: string;
  readonly method: Readonly<Record<string, Method>>;
}

/** The messages of a method, whole as they come off the wire. */
export type Input<M extends Method> = M extends Method<infer I, infer _> ? I : never;
export type Output<M extends Method> = M extends Method<infer _, infer O> ? O : never;
