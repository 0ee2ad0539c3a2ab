/**
 * What filters can ask of an event: `namespace`, `topic`, and `event.` with a field of the message inside.
 *
 *     event.container_id==web        topic==/images/create,event.name==docker.io/library/busybox:latest
 */
import { typeNameOf } from "../../proto/any.ts";
import * as eventMessages from "../../proto/gen/event-messages_pb.ts";
import { ImageCreateSchema, ImageDeleteSchema, ImageUpdateSchema } from "../../proto/gen/images_pb.ts";
import { fromBinary, type Schema } from "../../proto/message.ts";
import { type FieldOf, fieldOfMap } from "../filters.ts";
import type { Envelope } from "./exchange.ts";

const SCHEMAS = new Map(
  [...Object.values(eventMessages), ImageCreateSchema, ImageUpdateSchema, ImageDeleteSchema]
    .map((one) => one as Schema<object>) // the file declares nothing else
    .map((schema) => [schema.typeName, schema]),
);

/** The fields of an envelope. The event is decoded when a filter asks for one of its own. */
export function fieldOfEnvelope({ namespace, topic, event }: Envelope): FieldOf {
  return ([field, ...rest]) => {
    if (field === "namespace") return namespace || undefined;
    if (field === "topic") return topic || undefined;
    const schema = field === "event" ? SCHEMAS.get(typeNameOf(event)) : undefined;
    return schema && fieldOfMessage(schema, fromBinary(schema, event.value), rest);
  };
}

/** Texts, maps of texts, and messages with such: numbers can't be asked for, in the original neither. */
function fieldOfMessage(
  schema: Schema<object>,
  message: object,
  [name, ...rest]: readonly string[],
): string | undefined {
  const field = schema.fields.find(({ protoName }) => protoName === name);
  if (!field) return undefined;
  const value = (message as Readonly<Record<string, unknown>>)[field.name];
  if (field.many === "map") return fieldOfMap(value as Readonly<Record<string, string>>, rest);
  if (field.many || value === undefined) return undefined;
  if (typeof field.type === "function") return fieldOfMessage(field.type(), value as object, rest);
  return typeof value === "string" && value !== "" ? value : undefined;
}
