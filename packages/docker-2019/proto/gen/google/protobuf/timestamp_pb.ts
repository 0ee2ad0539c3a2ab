import { message } from "../../../message.ts";

// Made from google/protobuf/timestamp.proto by `pnpm proto`. Read that one.

export interface Timestamp {
  seconds: bigint;
  nanos: number;
}

export const TimestampSchema = message<Timestamp>("google.protobuf.Timestamp", {
  seconds: { number: 1, type: "int64" },
  nanos: { number: 2, type: "int32" },
});

