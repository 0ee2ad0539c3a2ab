import type { Mount } from "./types_pb.ts";
import { MountSchema } from "./types_pb.ts";
import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";
import { message } from "../message.ts";
import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import type { ProcessInfo, Status } from "./process_pb.ts";
import { ProcessInfoSchema } from "./process_pb.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from shim.proto by `pnpm proto`. Read that one.

export interface CreateTaskRequest {
  id: string;
  bundle: string;
  /**
   * Mounted in this order on <bundle>/rootfs.
   */
  rootfs: Mount[];
  terminal: boolean;
  /**
   * A FIFO's path, or a URI. Empty: none.
   */
  stdin: string;
  stdout: string;
  stderr: string;
  /**
   * A directory to restore from.
   */
  checkpoint: string;
  parentCheckpoint: string;
  /**
   * containerd.runc.v1.Options.
   */
  options?: Any | undefined;
}

export const CreateTaskRequestSchema = message<CreateTaskRequest>("containerd.task.v2.CreateTaskRequest", {
  id: { number: 1, type: "string" },
  bundle: { number: 2, type: "string" },
  rootfs: { number: 3, type: () => MountSchema, many: "repeated" },
  terminal: { number: 4, type: "bool" },
  stdin: { number: 5, type: "string" },
  stdout: { number: 6, type: "string" },
  stderr: { number: 7, type: "string" },
  checkpoint: { number: 8, type: "string" },
  parent_checkpoint: { number: 9, type: "string" },
  options: { number: 10, type: () => AnySchema },
});

export interface CreateTaskResponse {
  pid: number;
}

export const CreateTaskResponseSchema = message<CreateTaskResponse>("containerd.task.v2.CreateTaskResponse", {
  pid: { number: 1, type: "uint32" },
});

export interface DeleteRequest {
  id: string;
  execId: string;
}

export const DeleteRequestSchema = message<DeleteRequest>("containerd.task.v2.DeleteRequest", {
  id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
});

export interface DeleteResponse {
  pid: number;
  exitStatus: number;
  exitedAt?: Timestamp | undefined;
}

export const DeleteResponseSchema = message<DeleteResponse>("containerd.task.v2.DeleteResponse", {
  pid: { number: 1, type: "uint32" },
  exit_status: { number: 2, type: "uint32" },
  exited_at: { number: 3, type: () => TimestampSchema },
});

export interface ExecProcessRequest {
  id: string;
  execId: string;
  terminal: boolean;
  stdin: string;
  stdout: string;
  stderr: string;
  /**
   * JSON of an OCI process, type_url types.containerd.io/opencontainers/runtime-spec/1/Process.
   */
  spec?: Any | undefined;
}

export const ExecProcessRequestSchema = message<ExecProcessRequest>("containerd.task.v2.ExecProcessRequest", {
  id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
  terminal: { number: 3, type: "bool" },
  stdin: { number: 4, type: "string" },
  stdout: { number: 5, type: "string" },
  stderr: { number: 6, type: "string" },
  spec: { number: 7, type: () => AnySchema },
});

export interface ResizePtyRequest {
  id: string;
  execId: string;
  width: number;
  height: number;
}

export const ResizePtyRequestSchema = message<ResizePtyRequest>("containerd.task.v2.ResizePtyRequest", {
  id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
  width: { number: 3, type: "uint32" },
  height: { number: 4, type: "uint32" },
});

export interface StateRequest {
  id: string;
  execId: string;
}

export const StateRequestSchema = message<StateRequest>("containerd.task.v2.StateRequest", {
  id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
});

export interface StateResponse {
  id: string;
  bundle: string;
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
  execId: string;
}

export const StateResponseSchema = message<StateResponse>("containerd.task.v2.StateResponse", {
  id: { number: 1, type: "string" },
  bundle: { number: 2, type: "string" },
  pid: { number: 3, type: "uint32" },
  status: { number: 4, type: "enum" },
  stdin: { number: 5, type: "string" },
  stdout: { number: 6, type: "string" },
  stderr: { number: 7, type: "string" },
  terminal: { number: 8, type: "bool" },
  exit_status: { number: 9, type: "uint32" },
  exited_at: { number: 10, type: () => TimestampSchema },
  exec_id: { number: 11, type: "string" },
});

export interface KillRequest {
  id: string;
  execId: string;
  signal: number;
  all: boolean;
}

export const KillRequestSchema = message<KillRequest>("containerd.task.v2.KillRequest", {
  id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
  signal: { number: 3, type: "uint32" },
  all: { number: 4, type: "bool" },
});

export interface CloseIORequest {
  id: string;
  execId: string;
  stdin: boolean;
}

export const CloseIORequestSchema = message<CloseIORequest>("containerd.task.v2.CloseIORequest", {
  id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
  stdin: { number: 3, type: "bool" },
});

export interface PidsRequest {
  id: string;
}

export const PidsRequestSchema = message<PidsRequest>("containerd.task.v2.PidsRequest", {
  id: { number: 1, type: "string" },
});

export interface PidsResponse {
  processes: ProcessInfo[];
}

export const PidsResponseSchema = message<PidsResponse>("containerd.task.v2.PidsResponse", {
  processes: { number: 1, type: () => ProcessInfoSchema, many: "repeated" },
});

export interface CheckpointTaskRequest {
  id: string;
  /**
   * The directory for the image.
   */
  path: string;
  options?: Any | undefined;
}

export const CheckpointTaskRequestSchema = message<CheckpointTaskRequest>("containerd.task.v2.CheckpointTaskRequest", {
  id: { number: 1, type: "string" },
  path: { number: 2, type: "string" },
  options: { number: 3, type: () => AnySchema },
});

export interface UpdateTaskRequest {
  id: string;
  /**
   * JSON, type_url types.containerd.io/opencontainers/runtime-spec/1/LinuxResources.
   */
  resources?: Any | undefined;
  annotations: Record<string, string>;
}

export const UpdateTaskRequestSchema = message<UpdateTaskRequest>("containerd.task.v2.UpdateTaskRequest", {
  id: { number: 1, type: "string" },
  resources: { number: 2, type: () => AnySchema },
  annotations: { number: 3, type: "string", many: "map" },
});

export interface StartRequest {
  id: string;
  execId: string;
}

export const StartRequestSchema = message<StartRequest>("containerd.task.v2.StartRequest", {
  id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
});

export interface StartResponse {
  pid: number;
}

export const StartResponseSchema = message<StartResponse>("containerd.task.v2.StartResponse", {
  pid: { number: 1, type: "uint32" },
});

export interface WaitRequest {
  id: string;
  execId: string;
}

export const WaitRequestSchema = message<WaitRequest>("containerd.task.v2.WaitRequest", {
  id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
});

export interface WaitResponse {
  exitStatus: number;
  exitedAt?: Timestamp | undefined;
}

export const WaitResponseSchema = message<WaitResponse>("containerd.task.v2.WaitResponse", {
  exit_status: { number: 1, type: "uint32" },
  exited_at: { number: 2, type: () => TimestampSchema },
});

export interface StatsRequest {
  id: string;
}

export const StatsRequestSchema = message<StatsRequest>("containerd.task.v2.StatsRequest", {
  id: { number: 1, type: "string" },
});

export interface StatsResponse {
  /**
   * io.containerd.cgroups.v1.Metrics or io.containerd.cgroups.v2.Metrics.
   */
  stats?: Any | undefined;
}

export const StatsResponseSchema = message<StatsResponse>("containerd.task.v2.StatsResponse", {
  stats: { number: 1, type: () => AnySchema },
});

export interface ConnectRequest {
  id: string;
}

export const ConnectRequestSchema = message<ConnectRequest>("containerd.task.v2.ConnectRequest", {
  id: { number: 1, type: "string" },
});

export interface ConnectResponse {
  shimPid: number;
  taskPid: number;
  version: string;
}

export const ConnectResponseSchema = message<ConnectResponse>("containerd.task.v2.ConnectResponse", {
  shim_pid: { number: 1, type: "uint32" },
  task_pid: { number: 2, type: "uint32" },
  version: { number: 3, type: "string" },
});

export interface ShutdownRequest {
  id: string;
  /**
   * Even if it has containers.
   */
  now: boolean;
}

export const ShutdownRequestSchema = message<ShutdownRequest>("containerd.task.v2.ShutdownRequest", {
  id: { number: 1, type: "string" },
  now: { number: 2, type: "bool" },
});

export interface PauseRequest {
  id: string;
}

export const PauseRequestSchema = message<PauseRequest>("containerd.task.v2.PauseRequest", {
  id: { number: 1, type: "string" },
});

export interface ResumeRequest {
  id: string;
}

export const ResumeRequestSchema = message<ResumeRequest>("containerd.task.v2.ResumeRequest", {
  id: { number: 1, type: "string" },
});

export const Task = {
  typeName: "containerd.task.v2.Task",
  method: {
    state: {
      name: "State",
      kind: "unary",
      input: StateRequestSchema,
      output: StateResponseSchema,
    },
    /**
     * runc create: the process is there and waits for Start.
     */
    create: {
      name: "Create",
      kind: "unary",
      input: CreateTaskRequestSchema,
      output: CreateTaskResponseSchema,
    },
    start: {
      name: "Start",
      kind: "unary",
      input: StartRequestSchema,
      output: StartResponseSchema,
    },
    delete: {
      name: "Delete",
      kind: "unary",
      input: DeleteRequestSchema,
      output: DeleteResponseSchema,
    },
    pids: {
      name: "Pids",
      kind: "unary",
      input: PidsRequestSchema,
      output: PidsResponseSchema,
    },
    pause: {
      name: "Pause",
      kind: "unary",
      input: PauseRequestSchema,
      output: EmptySchema,
    },
    resume: {
      name: "Resume",
      kind: "unary",
      input: ResumeRequestSchema,
      output: EmptySchema,
    },
    checkpoint: {
      name: "Checkpoint",
      kind: "unary",
      input: CheckpointTaskRequestSchema,
      output: EmptySchema,
    },
    kill: {
      name: "Kill",
      kind: "unary",
      input: KillRequestSchema,
      output: EmptySchema,
    },
    /**
     * Only records the process; Start starts it.
     */
    exec: {
      name: "Exec",
      kind: "unary",
      input: ExecProcessRequestSchema,
      output: EmptySchema,
    },
    resizePty: {
      name: "ResizePty",
      kind: "unary",
      input: ResizePtyRequestSchema,
      output: EmptySchema,
    },
    closeIO: {
      name: "CloseIO",
      kind: "unary",
      input: CloseIORequestSchema,
      output: EmptySchema,
    },
    update: {
      name: "Update",
      kind: "unary",
      input: UpdateTaskRequestSchema,
      output: EmptySchema,
    },
    /**
     * Answers when the process has ended.
     */
    wait: {
      name: "Wait",
      kind: "unary",
      input: WaitRequestSchema,
      output: WaitResponseSchema,
    },
    stats: {
      name: "Stats",
      kind: "unary",
      input: StatsRequestSchema,
      output: StatsResponseSchema,
    },
    /**
     * Which processes containerd deals with.
     */
    connect: {
      name: "Connect",
      kind: "unary",
      input: ConnectRequestSchema,
      output: ConnectResponseSchema,
    },
    /**
     * Ends the shim, if it has no container left.
     */
    shutdown: {
      name: "Shutdown",
      kind: "unary",
      input: ShutdownRequestSchema,
      output: EmptySchema,
    },
  },
} as const satisfies Service;

