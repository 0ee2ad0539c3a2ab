import { message } from "../message.ts";
import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";
import type { Mount } from "./types_pb.ts";
import { MountSchema } from "./types_pb.ts";
import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";

// Made from event-messages.proto by `pnpm proto`. Read that one.

/**
 * Topic /content/delete.
 */
export interface ContentDelete {
  digest: string;
}

export const ContentDeleteSchema = message<ContentDelete>("containerd.events.ContentDelete", {
  digest: { number: 1, type: "string" },
});

/**
 * Topic /snapshot/prepare.
 */
export interface SnapshotPrepare {
  key: string;
  parent: string;
}

export const SnapshotPrepareSchema = message<SnapshotPrepare>("containerd.events.SnapshotPrepare", {
  key: { number: 1, type: "string" },
  parent: { number: 2, type: "string" },
});

/**
 * Topic /snapshot/commit.
 */
export interface SnapshotCommit {
  key: string;
  name: string;
}

export const SnapshotCommitSchema = message<SnapshotCommit>("containerd.events.SnapshotCommit", {
  key: { number: 1, type: "string" },
  name: { number: 2, type: "string" },
});

/**
 * Topic /snapshot/remove.
 */
export interface SnapshotRemove {
  key: string;
}

export const SnapshotRemoveSchema = message<SnapshotRemove>("containerd.events.SnapshotRemove", {
  key: { number: 1, type: "string" },
});

export interface ContainerCreate_Runtime {
  name: string;
  options?: Any | undefined;
}

export const ContainerCreate_RuntimeSchema = message<ContainerCreate_Runtime>("containerd.events.ContainerCreate.Runtime", {
  name: { number: 1, type: "string" },
  options: { number: 2, type: () => AnySchema },
});

/**
 * Topic /containers/create.
 */
export interface ContainerCreate {
  id: string;
  image: string;
  runtime?: ContainerCreate_Runtime | undefined;
}

export const ContainerCreateSchema = message<ContainerCreate>("containerd.events.ContainerCreate", {
  id: { number: 1, type: "string" },
  image: { number: 2, type: "string" },
  runtime: { number: 3, type: () => ContainerCreate_RuntimeSchema },
});

/**
 * Topic /containers/update.
 */
export interface ContainerUpdate {
  id: string;
  image: string;
  labels: Record<string, string>;
  snapshotKey: string;
}

export const ContainerUpdateSchema = message<ContainerUpdate>("containerd.events.ContainerUpdate", {
  id: { number: 1, type: "string" },
  image: { number: 2, type: "string" },
  labels: { number: 3, type: "string", many: "map" },
  snapshot_key: { number: 4, type: "string" },
});

/**
 * Topic /containers/delete.
 */
export interface ContainerDelete {
  id: string;
}

export const ContainerDeleteSchema = message<ContainerDelete>("containerd.events.ContainerDelete", {
  id: { number: 1, type: "string" },
});

/**
 * Topic /namespaces/create.
 */
export interface NamespaceCreate {
  name: string;
  labels: Record<string, string>;
}

export const NamespaceCreateSchema = message<NamespaceCreate>("containerd.events.NamespaceCreate", {
  name: { number: 1, type: "string" },
  labels: { number: 2, type: "string", many: "map" },
});

/**
 * Topic /namespaces/update.
 */
export interface NamespaceUpdate {
  name: string;
  labels: Record<string, string>;
}

export const NamespaceUpdateSchema = message<NamespaceUpdate>("containerd.events.NamespaceUpdate", {
  name: { number: 1, type: "string" },
  labels: { number: 2, type: "string", many: "map" },
});

/**
 * Topic /namespaces/delete.
 */
export interface NamespaceDelete {
  name: string;
}

export const NamespaceDeleteSchema = message<NamespaceDelete>("containerd.events.NamespaceDelete", {
  name: { number: 1, type: "string" },
});

/**
 * Topic /tasks/create.
 */
export interface TaskCreate {
  containerId: string;
  bundle: string;
  rootfs: Mount[];
  io?: TaskIO | undefined;
  checkpoint: string;
  pid: number;
}

export const TaskCreateSchema = message<TaskCreate>("containerd.events.TaskCreate", {
  container_id: { number: 1, type: "string" },
  bundle: { number: 2, type: "string" },
  rootfs: { number: 3, type: () => MountSchema, many: "repeated" },
  io: { number: 4, type: () => TaskIOSchema },
  checkpoint: { number: 5, type: "string" },
  pid: { number: 6, type: "uint32" },
});

/**
 * Topic /tasks/start.
 */
export interface TaskStart {
  containerId: string;
  pid: number;
}

export const TaskStartSchema = message<TaskStart>("containerd.events.TaskStart", {
  container_id: { number: 1, type: "string" },
  pid: { number: 2, type: "uint32" },
});

/**
 * Topic /tasks/delete.
 */
export interface TaskDelete {
  containerId: string;
  pid: number;
  exitStatus: number;
  exitedAt?: Timestamp | undefined;
  /**
   * The exec id, if it was an exec that was deleted.
   */
  id: string;
}

export const TaskDeleteSchema = message<TaskDelete>("containerd.events.TaskDelete", {
  container_id: { number: 1, type: "string" },
  pid: { number: 2, type: "uint32" },
  exit_status: { number: 3, type: "uint32" },
  exited_at: { number: 4, type: () => TimestampSchema },
  id: { number: 5, type: "string" },
});

export interface TaskIO {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}

export const TaskIOSchema = message<TaskIO>("containerd.events.TaskIO", {
  stdin: { number: 1, type: "string" },
  stdout: { number: 2, type: "string" },
  stderr: { number: 3, type: "string" },
  terminal: { number: 4, type: "bool" },
});

/**
 * Topic /tasks/exit.
 */
export interface TaskExit {
  containerId: string;
  /**
   * The exec id; of the first process, the container's id.
   */
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt?: Timestamp | undefined;
}

export const TaskExitSchema = message<TaskExit>("containerd.events.TaskExit", {
  container_id: { number: 1, type: "string" },
  id: { number: 2, type: "string" },
  pid: { number: 3, type: "uint32" },
  exit_status: { number: 4, type: "uint32" },
  exited_at: { number: 5, type: () => TimestampSchema },
});

/**
 * Topic /tasks/oom.
 */
export interface TaskOOM {
  containerId: string;
}

export const TaskOOMSchema = message<TaskOOM>("containerd.events.TaskOOM", {
  container_id: { number: 1, type: "string" },
});

/**
 * Topic /tasks/exec-added.
 */
export interface TaskExecAdded {
  containerId: string;
  execId: string;
}

export const TaskExecAddedSchema = message<TaskExecAdded>("containerd.events.TaskExecAdded", {
  container_id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
});

/**
 * Topic /tasks/exec-started.
 */
export interface TaskExecStarted {
  containerId: string;
  execId: string;
  pid: number;
}

export const TaskExecStartedSchema = message<TaskExecStarted>("containerd.events.TaskExecStarted", {
  container_id: { number: 1, type: "string" },
  exec_id: { number: 2, type: "string" },
  pid: { number: 3, type: "uint32" },
});

/**
 * Topic /tasks/paused.
 */
export interface TaskPaused {
  containerId: string;
}

export const TaskPausedSchema = message<TaskPaused>("containerd.events.TaskPaused", {
  container_id: { number: 1, type: "string" },
});

/**
 * Topic /tasks/resumed.
 */
export interface TaskResumed {
  containerId: string;
}

export const TaskResumedSchema = message<TaskResumed>("containerd.events.TaskResumed", {
  container_id: { number: 1, type: "string" },
});

/**
 * Topic /tasks/checkpointed.
 */
export interface TaskCheckpointed {
  containerId: string;
  checkpoint: string;
}

export const TaskCheckpointedSchema = message<TaskCheckpointed>("containerd.events.TaskCheckpointed", {
  container_id: { number: 1, type: "string" },
  checkpoint: { number: 2, type: "string" },
});

