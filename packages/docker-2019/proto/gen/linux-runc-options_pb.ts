import { message } from "../message.ts";

// Made from linux-runc-options.proto by `pnpm proto`. Read that one.

/**
 * In the container's record.
 */
export interface RuncOptions {
  runtime: string;
  runtimeRoot: string;
  criuPath: string;
  systemdCgroup: boolean;
}

export const RuncOptionsSchema = message<RuncOptions>("containerd.linux.runc.RuncOptions", {
  runtime: { number: 1, type: "string" },
  runtime_root: { number: 2, type: "string" },
  criu_path: { number: 3, type: "string" },
  systemd_cgroup: { number: 4, type: "bool" },
});

/**
 * In tasks.CreateTaskRequest.
 */
export interface CreateOptions {
  noPivotRoot: boolean;
  openTcp: boolean;
  externalUnixSockets: boolean;
  terminal: boolean;
  fileLocks: boolean;
  emptyNamespaces: string[];
  cgroupsMode: string;
  noNewKeyring: boolean;
  shimCgroup: string;
  /**
   * Owner of the pipes of stdio.
   */
  ioUid: number;
  ioGid: number;
  criuWorkPath: string;
  criuImagePath: string;
}

export const CreateOptionsSchema = message<CreateOptions>("containerd.linux.runc.CreateOptions", {
  no_pivot_root: { number: 1, type: "bool" },
  open_tcp: { number: 2, type: "bool" },
  external_unix_sockets: { number: 3, type: "bool" },
  terminal: { number: 4, type: "bool" },
  file_locks: { number: 5, type: "bool" },
  empty_namespaces: { number: 6, type: "string", many: "repeated" },
  cgroups_mode: { number: 7, type: "string" },
  no_new_keyring: { number: 8, type: "bool" },
  shim_cgroup: { number: 9, type: "string" },
  io_uid: { number: 10, type: "uint32" },
  io_gid: { number: 11, type: "uint32" },
  criu_work_path: { number: 12, type: "string" },
  criu_image_path: { number: 13, type: "string" },
});

export interface CheckpointOptions {
  exit: boolean;
  openTcp: boolean;
  externalUnixSockets: boolean;
  terminal: boolean;
  fileLocks: boolean;
  emptyNamespaces: string[];
  cgroupsMode: string;
  workPath: string;
  imagePath: string;
}

export const CheckpointOptionsSchema = message<CheckpointOptions>("containerd.linux.runc.CheckpointOptions", {
  exit: { number: 1, type: "bool" },
  open_tcp: { number: 2, type: "bool" },
  external_unix_sockets: { number: 3, type: "bool" },
  terminal: { number: 4, type: "bool" },
  file_locks: { number: 5, type: "bool" },
  empty_namespaces: { number: 6, type: "string", many: "repeated" },
  cgroups_mode: { number: 7, type: "string" },
  work_path: { number: 8, type: "string" },
  image_path: { number: 9, type: "string" },
});

export interface ProcessDetails {
  execId: string;
}

export const ProcessDetailsSchema = message<ProcessDetails>("containerd.linux.runc.ProcessDetails", {
  exec_id: { number: 1, type: "string" },
});

