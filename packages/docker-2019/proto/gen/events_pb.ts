import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";
import { message } from "../message.ts";
import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from events.proto by `pnpm proto`. Read that one.

export interface PublishRequest {
  topic: string;
  event?: Any | undefined;
}

export const PublishRequestSchema = message<PublishRequest>("containerd.services.events.v1.PublishRequest", {
  topic: { number: 1, type: "string" },
  event: { number: 2, type: () => AnySchema },
});

export interface ForwardRequest {
  envelope?: Envelope | undefined;
}

export const ForwardRequestSchema = message<ForwardRequest>("containerd.services.events.v1.ForwardRequest", {
  envelope: { number: 1, type: () => EnvelopeSchema },
});

export interface SubscribeRequest {
  /**
   * Any of them must match. None: everything.
   */
  filters: string[];
}

export const SubscribeRequestSchema = message<SubscribeRequest>("containerd.services.events.v1.SubscribeRequest", {
  filters: { number: 1, type: "string", many: "repeated" },
});

export interface Envelope {
  timestamp?: Timestamp | undefined;
  namespace: string;
  /**
   * "/tasks/exit", and so on.
   */
  topic: string;
  event?: Any | undefined;
}

export const EnvelopeSchema = message<Envelope>("containerd.services.events.v1.Envelope", {
  timestamp: { number: 1, type: () => TimestampSchema },
  namespace: { number: 2, type: "string" },
  topic: { number: 3, type: "string" },
  event: { number: 4, type: () => AnySchema },
});

export const Events = {
  typeName: "containerd.services.events.v1.Events",
  method: {
    /**
     * Containerd stamps time and namespace.
     */
    publish: {
      name: "Publish",
      kind: "unary",
      input: PublishRequestSchema,
      output: EmptySchema,
    },
    /**
     * The envelope is complete.
     */
    forward: {
      name: "Forward",
      kind: "unary",
      input: ForwardRequestSchema,
      output: EmptySchema,
    },
    subscribe: {
      name: "Subscribe",
      kind: "server_streaming",
      input: SubscribeRequestSchema,
      output: EnvelopeSchema,
    },
  },
} as const satisfies Service;

