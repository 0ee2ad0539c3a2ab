import type { Descriptor, Metric, Mount } from "./types_pb.ts";
import { DescriptorSchema, MetricSchema, MountSchema } from "./types_pb.ts";
import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";
import { message } from "../message.ts";
import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import type { Process, ProcessInfo } from "./process_pb.ts";
import { ProcessInfoSchema, ProcessSchema } from "./process_pb.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from tasks.proto by `pnpm proto`. Read that one.

export interface CreateTaskRequest {
  containerId: string;
  /**
   * Mounted on each other, in this order, where the root of the bundle is.
   */
  rootfs: Mount[];
  /**
   * A FIFO's path, or a URI. Empty: none.
   */
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  /**
   * What to restore from.
   */
  checkpoint?: Descriptor | undefined;
  /**
   * Of the runtime: containerd.runc.v1.Options, containerd.linux.runc.CreateOptions, …
   */
  options?: Any | undefined;
  /**
   * The shim's binary. Empty: named by the container's runtime.
   */
  runtimePath: string;
}

export const CreateTaskRequestSchema = message<CreateTaskRequest>("containerd.services.tasks.v1.CreateTaskRequest", {
  container_id: { number: 1, type: "string" },
  rootfs: { number: 3, type: () => MountSchema, many: "repeated" },
  stdin: { number: 4, type: "string" },
  stdout: { number: 5, type: "string" },
  stderr: { number: 6, type: "string" },
  terminal: { number: 7, type: "bool" },
  checkpoint: { number: 8, type: () => DescriptorSchema },
  options: { number: 9, type: () => AnySchema },
  runtime_path: { number: 10, type: "string" },
});

export interface CreateTaskResponse {
  containerId: string;
  pid: number;
}

export const CreateTaskResponseSchema = message<CreateTaskResponse>("containerd.services.tasks.v1.CreateTaskResponse", {
  container_id: { number: 1, type: "string" },
  pid: { number: 2, type: "uint32" },
});

export interface StartRequest {
  containerId: string;
  execId: string;
}

export const StartRequestSchema = message<StartRequest>("containerd.services.tasks.v1.StartRequest", {
  container_id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
});

export interface StartResponse {
  pid: number;
}

export const StartResponseSchema = message<StartResponse>("containerd.services.tasks.v1.StartResponse", {
  pid: { number: 1, type: "uint32" },
});

export interface DeleteTaskRequest {
  containerId: string;
}

export const DeleteTaskRequestSchema = message<DeleteTaskRequest>("containerd.services.tasks.v1.DeleteTaskRequest", {
  container_id: { number: 1, type: "string" },
});

export interface DeleteResponse {
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt?: Timestamp | undefined;
}

export const DeleteResponseSchema = message<DeleteResponse>("containerd.services.tasks.v1.DeleteResponse", {
  id: { number: 1, type: "string" },
  pid: { number: 2, type: "uint32" },
  exit_status: { number: 3, type: "uint32" },
  exited_at: { number: 4, type: () => TimestampSchema },
});

export interface DeleteProcessRequest {
  containerId: string;
  execId: string;
}

export const DeleteProcessRequestSchema = message<DeleteProcessRequest>("containerd.services.tasks.v1.DeleteProcessRequest", {
  container_id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
});

export interface GetRequest {
  containerId: string;
  execId: string;
}

export const GetRequestSchema = message<GetRequest>("containerd.services.tasks.v1.GetRequest", {
  container_id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
});

export interface GetResponse {
  process?: Process | undefined;
}

export const GetResponseSchema = message<GetResponse>("containerd.services.tasks.v1.GetResponse", {
  process: { number: 1, type: () => ProcessSchema },
});

export interface ListTasksRequest {
  filter: string;
}

export const ListTasksRequestSchema = message<ListTasksRequest>("containerd.services.tasks.v1.ListTasksRequest", {
  filter: { number: 1, type: "string" },
});

export interface ListTasksResponse {
  tasks: Process[];
}

export const ListTasksResponseSchema = message<ListTasksResponse>("containerd.services.tasks.v1.ListTasksResponse", {
  tasks: { number: 1, type: () => ProcessSchema, many: "repeated" },
});

export interface KillRequest {
  containerId: string;
  execId: string;
  signal: number;
  /**
   * Every process in the container.
   */
  all: boolean;
}

export const KillRequestSchema = message<KillRequest>("containerd.services.tasks.v1.KillRequest", {
  container_id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
  signal: { number: 3, type: "uint32" },
  all: { number: 4, type: "bool" },
});

export interface ExecProcessRequest {
  containerId: string;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  /**
   * JSON of an OCI process, type_url types.containerd.io/opencontainers/runtime-spec/1/Process.
   */
  spec?: Any | undefined;
  execId: string;
}

export const ExecProcessRequestSchema = message<ExecProcessRequest>("containerd.services.tasks.v1.ExecProcessRequest", {
  container_id: { number: 1, type: "string" },
  stdin: { number: 2, type: "string" },
  stdout: { number: 3, type: "string" },
  stderr: { number: 4, type: "string" },
  terminal: { number: 5, type: "bool" },
  spec: { number: 6, type: () => AnySchema },
  exec_id: { number: 7, type: "string" },
});

export interface ResizePtyRequest {
  containerId: string;
  execId: string;
  width: number;
  height: number;
}

export const ResizePtyRequestSchema = message<ResizePtyRequest>("containerd.services.tasks.v1.ResizePtyRequest", {
  container_id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
  width: { number: 3, type: "uint32" },
  height: { number: 4, type: "uint32" },
});

export interface CloseIORequest {
  containerId: string;
  execId: string;
  stdin: boolean;
}

export const CloseIORequestSchema = message<CloseIORequest>("containerd.services.tasks.v1.CloseIORequest", {
  container_id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
  stdin: { number: 3, type: "bool" },
});

export interface PauseTaskRequest {
  containerId: string;
}

export const PauseTaskRequestSchema = message<PauseTaskRequest>("containerd.services.tasks.v1.PauseTaskRequest", {
  container_id: { number: 1, type: "string" },
});

export interface ResumeTaskRequest {
  containerId: string;
}

export const ResumeTaskRequestSchema = message<ResumeTaskRequest>("containerd.services.tasks.v1.ResumeTaskRequest", {
  container_id: { number: 1, type: "string" },
});

export interface ListPidsRequest {
  containerId: string;
}

export const ListPidsRequestSchema = message<ListPidsRequest>("containerd.services.tasks.v1.ListPidsRequest", {
  container_id: { number: 1, type: "string" },
});

export interface ListPidsResponse {
  processes: ProcessInfo[];
}

export const ListPidsResponseSchema = message<ListPidsResponse>("containerd.services.tasks.v1.ListPidsResponse", {
  processes: { number: 1, type: () => ProcessInfoSchema, many: "repeated" },
});

export interface CheckpointTaskRequest {
  containerId: string;
  parentCheckpoint: string;
  /**
   * containerd.runc.v1.CheckpointOptions.
   */
  options?: Any | undefined;
}

export const CheckpointTaskRequestSchema = message<CheckpointTaskRequest>("containerd.services.tasks.v1.CheckpointTaskRequest", {
  container_id: { number: 1, type: "string" },
  parent_checkpoint: { number: 2, type: "string" },
  options: { number: 3, type: () => AnySchema },
});

export interface CheckpointTaskResponse {
  descriptors: Descriptor[];
}

export const CheckpointTaskResponseSchema = message<CheckpointTaskResponse>("containerd.services.tasks.v1.CheckpointTaskResponse", {
  descriptors: { number: 1, type: () => DescriptorSchema, many: "repeated" },
});

export interface UpdateTaskRequest {
  containerId: string;
  /**
   * JSON, type_url types.containerd.io/opencontainers/runtime-spec/1/LinuxResources.
   */
  resources?: Any | undefined;
  annotations: Record<string, string>;
}

export const UpdateTaskRequestSchema = message<UpdateTaskRequest>("containerd.services.tasks.v1.UpdateTaskRequest", {
  container_id: { number: 1, type: "string" },
  resources: { number: 2, type: () => AnySchema },
  annotations: { number: 3, type: "string", many: "map" },
});

export interface MetricsRequest {
  filters: string[];
}

export const MetricsRequestSchema = message<MetricsRequest>("containerd.services.tasks.v1.MetricsRequest", {
  filters: { number: 1, type: "string", many: "repeated" },
});

export interface MetricsResponse {
  metrics: Metric[];
}

export const MetricsResponseSchema = message<MetricsResponse>("containerd.services.tasks.v1.MetricsResponse", {
  metrics: { number: 1, type: () => MetricSchema, many: "repeated" },
});

export interface WaitRequest {
  containerId: string;
  execId: string;
}

export const WaitRequestSchema = message<WaitRequest>("containerd.services.tasks.v1.WaitRequest", {
  container_id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
});

export interface WaitResponse {
  exitStatus: number;
  exitedAt?: Timestamp | undefined;
}

export const WaitResponseSchema = message<WaitResponse>("containerd.services.tasks.v1.WaitResponse", {
  exit_status: { number: 1, type: "uint32" },
  exited_at: { number: 2, type: () => TimestampSchema },
});

export const Tasks = {
  typeName: "containerd.services.tasks.v1.Tasks",
  method: {
    /**
     * Starts the shim and prepares the first process, which waits for Start.
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
    /**
     * Of a task whose process has ended.
     */
    delete: {
      name: "Delete",
      kind: "unary",
      input: DeleteTaskRequestSchema,
      output: DeleteResponseSchema,
    },
    deleteProcess: {
      name: "DeleteProcess",
      kind: "unary",
      input: DeleteProcessRequestSchema,
      output: DeleteResponseSchema,
    },
    get: {
      name: "Get",
      kind: "unary",
      input: GetRequestSchema,
      output: GetResponseSchema,
    },
    list: {
      name: "List",
      kind: "unary",
      input: ListTasksRequestSchema,
      output: ListTasksResponseSchema,
    },
    kill: {
      name: "Kill",
      kind: "unary",
      input: KillRequestSchema,
      output: EmptySchema,
    },
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
    pause: {
      name: "Pause",
      kind: "unary",
      input: PauseTaskRequestSchema,
      output: EmptySchema,
    },
    resume: {
      name: "Resume",
      kind: "unary",
      input: ResumeTaskRequestSchema,
      output: EmptySchema,
    },
    listPids: {
      name: "ListPids",
      kind: "unary",
      input: ListPidsRequestSchema,
      output: ListPidsResponseSchema,
    },
    checkpoint: {
      name: "Checkpoint",
      kind: "unary",
      input: CheckpointTaskRequestSchema,
      output: CheckpointTaskResponseSchema,
    },
    update: {
      name: "Update",
      kind: "unary",
      input: UpdateTaskRequestSchema,
      output: EmptySchema,
    },
    metrics: {
      name: "Metrics",
      kind: "unary",
      input: MetricsRequestSchema,
      output: MetricsResponseSchema,
    },
    /**
     * Answers when the process has ended; may be asked before Start.
     */
    wait: {
      name: "Wait",
      kind: "unary",
      input: WaitRequestSchema,
      output: WaitResponseSchema,
    },
  },
} as const satisfies Service;

