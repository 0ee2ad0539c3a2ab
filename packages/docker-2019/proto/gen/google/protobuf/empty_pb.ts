import { message } from "../../../message.ts";

// Made from google/protobuf/empty.proto by `pnpm proto`. Read that one.

export interface Empty {
}

export const EmptySchema = message<Empty>("google.protobuf.Empty", {
});

