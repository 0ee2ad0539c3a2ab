/** What the daemon was started with, as far as it fills in what requests leave out, or refuses what they say. */
import type { LogConfig } from "../../engine-api/container-config.ts";
import type { HostSupport } from "./host-support.ts";

export interface DaemonDefaults {
  readonly dataRoot: string;
  readonly support: HostSupport;
  /** Bytes: `--default-shm-size` */
  readonly shmSize: number;
  /** `--default-ipc-mode` */
  readonly ipcMode: "private" | "shareable";
  /** `--default-cgroupns-mode` */
  readonly cgroupnsMode: "host" | "private";
  readonly cgroupDriver: "cgroupfs" | "systemd";
  /** Names: of `--add-runtime`, and `runc`. */
  readonly runtimes: ReadonlySet<string>;
  readonly defaultRuntime: string;
  /** `--log-driver`, `--log-opt` */
  readonly logConfig: LogConfig;
  /** Whether containers have user namespaces: `--userns-remap`. */
  readonly isRemapped: boolean;
}

/** Those of a daemon that was told nothing. */
export function standardDefaults(dataRoot: string, support: HostSupport): DaemonDefaults {
  return {
    dataRoot,
    support,
    shmSize: 64 * 1024 * 1024,
    ipcMode: "private",
    cgroupnsMode: support.cgroupVersion === 2 ? "private" : "host",
    cgroupDriver: "cgroupfs",
    runtimes: new Set(["runc"]),
    defaultRuntime: "runc",
    logConfig: { Type: "json-file", Config: {} },
    isRemapped: false,
  };
}
