import { message } from "../message.ts";
import type { Status } from "./status_pb.ts";
import { StatusSchema } from "./status_pb.ts";

// Made from ttrpc.proto by `pnpm proto`. Read that one.

export interface Request {
  /**
   * With its package: "containerd.task.v2.Task".
   */
  service: string;
  method: string;
  payload: Uint8Array;
  /**
   * How long the caller will wait. 0: for ever.
   */
  timeoutNano: bigint;
  metadata: KeyValue[];
}

export const RequestSchema = message<Request>("ttrpc.Request", {
  service: { number: 1, type: "string" },
  method: { number: 2, type: "string" },
  payload: { number: 3, type: "bytes" },
  timeout_nano: { number: 4, type: "int64" },
  metadata: { number: 5, type: () => KeyValueSchema, many: "repeated" },
});

export interface Response {
  /**
   * Absent: it went well.
   */
  status?: Status | undefined;
  payload: Uint8Array;
}

export const ResponseSchema = message<Response>("ttrpc.Response", {
  status: { number: 1, type: () => StatusSchema },
  payload: { number: 2, type: "bytes" },
});

export interface KeyValue {
  key: string;
  value: string;
}

export const KeyValueSchema = message<KeyValue>("ttrpc.KeyValue", {
  key: { number: 1, type: "string" },
  value: { number: 2, type: "string" },
});

