import { message } from "../../../message.ts";

// Made from google/protobuf/any.proto by `pnpm proto`. Read that one.

export interface Any {
  typeUrl: string;
  value: Uint8Array;
}

export const AnySchema = message<Any>("google.protobuf.Any", {
  type_url: { number: 1, type: "string" },
  value: { number: 2, type: "bytes" },
});

