import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";
import { message } from "../message.ts";

// Made from status.proto by `pnpm proto`. Read that one.

export interface Status {
  /**
   * A gRPC code. 0: it went well.
   */
  code: number;
  message: string;
  details: Any[];
}

export const StatusSchema = message<Status>("google.rpc.Status", {
  code: { number: 1, type: "int32" },
  message: { number: 2, type: "string" },
  details: { number: 3, type: () => AnySchema, many: "repeated" },
});

