import { message } from "../message.ts";
import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from events-ttrpc.proto by `pnpm proto`. Read that one.

export interface ForwardRequest {
  envelope?: Envelope | undefined;
}

export const ForwardRequestSchema = message<ForwardRequest>("containerd.services.events.ttrpc.v1.ForwardRequest", {
  envelope: { number: 1, type: () => EnvelopeSchema },
});

export interface Envelope {
  timestamp?: Timestamp | undefined;
  namespace: string;
  topic: string;
  event?: Any | undefined;
}

export const EnvelopeSchema = message<Envelope>("containerd.services.events.ttrpc.v1.Envelope", {
  timestamp: { number: 1, type: () => TimestampSchema },
  namespace: { number: 2, type: "string" },
  topic: { number: 3, type: "string" },
  event: { number: 4, type: () => AnySchema },
});

export const Events = {
  typeName: "containerd.services.events.ttrpc.v1.Events",
  method: {
    forward: {
      name: "Forward",
      kind: "unary",
      input: ForwardRequestSchema,
      output: EmptySchema,
    },
  },
} as const satisfies Service;

