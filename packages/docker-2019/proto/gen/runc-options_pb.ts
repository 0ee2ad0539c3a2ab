import { message } from "../message.ts";

// Made from runc-options.proto by `pnpm proto`. Read that one.

export interface Options {
  noPivotRoot: boolean;
  noNewKeyring: boolean;
  shimCgroup: string;
  /**
   * Owner of the pipes of stdio.
   */
  ioUid: number;
  ioGid: number;
  /**
   * The runtime: a name in PATH or a path. Empty: runc.
   */
  binaryName: string;
  /**
   * The runtime's --root; the namespace is appended.
   */
  root: string;
  criuPath: string;
  systemdCgroup: boolean;
  criuImagePath: string;
  criuWorkPath: string;
}

export const OptionsSchema = message<Options>("containerd.runc.v1.Options", {
  no_pivot_root: { number: 1, type: "bool" },
  no_new_keyring: { number: 2, type: "bool" },
  shim_cgroup: { number: 3, type: "string" },
  io_uid: { number: 4, type: "uint32" },
  io_gid: { number: 5, type: "uint32" },
  binary_name: { number: 6, type: "string" },
  root: { number: 7, type: "string" },
  criu_path: { number: 8, type: "string" },
  systemd_cgroup: { number: 9, type: "bool" },
  criu_image_path: { number: 10, type: "string" },
  criu_work_path: { number: 11, type: "string" },
});

export interface CheckpointOptions {
  /**
   * End the task when it is done.
   */
  exit: boolean;
  openTcp: boolean;
  externalUnixSockets: boolean;
  terminal: boolean;
  fileLocks: boolean;
  emptyNamespaces: string[];
  cgroupsMode: string;
  imagePath: string;
  workPath: string;
}

export const CheckpointOptionsSchema = message<CheckpointOptions>("containerd.runc.v1.CheckpointOptions", {
  exit: { number: 1, type: "bool" },
  open_tcp: { number: 2, type: "bool" },
  external_unix_sockets: { number: 3, type: "bool" },
  terminal: { number: 4, type: "bool" },
  file_locks: { number: 5, type: "bool" },
  empty_namespaces: { number: 6, type: "string", many: "repeated" },
  cgroups_mode: { number: 7, type: "string" },
  image_path: { number: 8, type: "string" },
  work_path: { number: 9, type: "string" },
});

/**
 * What ProcessInfo tells of a process that was started by an exec.
 */
export interface ProcessDetails {
  execId: string;
}

export const ProcessDetailsSchema = message<ProcessDetails>("containerd.runc.v1.ProcessDetails", {
  exec_id: { number: 1, type: "string" },
});

