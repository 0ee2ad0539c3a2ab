/** The events service: for clients by gRPC, for shims, which may only tell, by ttrpc. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { namespaceOf } from "../../proto/call.ts";
import { type Envelope as EnvelopeMessage, Events } from "../../proto/gen/events_pb.ts";
import { Events as ShimEvents } from "../../proto/gen/events-ttrpc_pb.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";
import { timestampOf, unixNanoOf } from "../../proto/timestamps.ts";
import { implement as implementTtrpc, type TtrpcImplementation } from "../../proto/ttrpc/server.ts";
import { fieldOfEnvelope } from "../events/event-fields.ts";
import type { Envelope, Exchange } from "../events/exchange.ts";
import { parseFilters } from "../filters.ts";

export function eventsService(exchange: Exchange): Implementation {
  return implement(Events, {
    publish: ({ topic, event }, call) => {
      exchange.publish(namespaceOf(call), topic, eventOf(event));
      return {};
    },
    forward: ({ envelope }) => {
      exchange.forward(envelopeOf(envelope));
      return {};
    },
    subscribe: async function* ({ filters }, { signal }) {
      const matches = parseFilters(filters);
      for await (const envelope of exchange.subscribe((one) => matches(fieldOfEnvelope(one)), signal))
        yield { ...envelope, timestamp: timestampOf(envelope.timestamp) };
    },
  });
}

export function shimEventsService(exchange: Exchange): TtrpcImplementation {
  return implementTtrpc(ShimEvents, {
    forward: ({ envelope }) => {
      exchange.forward(envelopeOf(envelope));
      return {};
    },
  });
}

function envelopeOf(message: EnvelopeMessage | undefined): Envelope {
  if (!message) throw new InvalidArgument("Cannot forward an event without its envelope");
  const { timestamp, namespace, topic, event } = message;
  const time = unixNanoOf(timestamp);
  if (time === undefined) throw new InvalidArgument("timestamp must be set on forwarded event");
  return { timestamp: time, namespace, topic, event: eventOf(event) };
}

/** @throws {InvalidArgument} Subscribers are written for events that say something, and some would fail. */
function eventOf(event: Any | undefined): Any {
  if (!event) throw new InvalidArgument("event must be set");
  return event;
}
