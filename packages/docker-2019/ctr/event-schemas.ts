/** The messages that containerd sends as events, by their names. */
import * as eventMessages from "../proto/gen/event-messages_pb.ts";
import { ImageCreateSchema, ImageDeleteSchema, ImageUpdateSchema } from "../proto/gen/images_pb.ts";
import type { Schema } from "../proto/message.ts";

const SCHEMAS = new Map<string, Schema<object>>(
  [...Object.values(eventMessages), ImageCreateSchema, ImageUpdateSchema, ImageDeleteSchema]
    .map((one) => one as Schema<object>) // the file declares nothing else
    .map((schema) => [schema.typeName, schema]),
);

/** @returns Undefined for a message that is no event of containerd's own. */
export function eventSchema(typeName: string): Schema<object> | undefined {
  return SCHEMAS.get(typeName);
}
