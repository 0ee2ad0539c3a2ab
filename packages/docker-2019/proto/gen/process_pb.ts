import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import { message } from "../message.ts";
import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";

// Made from process.proto by `pnpm proto`. Read that one.

/**
 * The life of a process.
 */
export const Status = {
  UNKNOWN: 0,
  CREATED: 1,
  RUNNING: 2,
  STOPPED: 3,
  PAUSED: 4,
  PAUSING: 5,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

export interface Process {
  containerId: string;
  /**
   * The exec id; of a task's first process, the container's id.
   */
  id: string;
  pid: number;
  status: Status;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  exitStatus: number;
  /**
   * Go's zero time (the year 1) while it lives.
   */
  exitedAt?: Timestamp | undefined;
}

export const ProcessSchema = message<Process>("containerd.v1.types.Process", {
  container_id: { number: 1, type: "string" },
  id: { number: 2, type: "string" },
  pid: { number: 3, type: "uint32" },
  status: { number: 4, type: "enum" },
  stdin: { number: 5, type: "string" },
  stdout: { number: 6, type: "string" },
  stderr: { number: 7, type: "string" },
  terminal: { number: 8, type: "bool" },
  exit_status: { number: 9, type: "uint32" },
  exited_at: { number: 10, type: () => TimestampSchema },
});

/**
 * One of the processes in a container.
 */
export interface ProcessInfo {
  pid: number;
  /**
   * ProcessDetails, for a process that was started by an exec.
   */
  info?: Any | undefined;
}

export const ProcessInfoSchema = message<ProcessInfo>("containerd.v1.types.ProcessInfo", {
  pid: { number: 1, type: "uint32" },
  info: { number: 2, type: () => AnySchema },
});

