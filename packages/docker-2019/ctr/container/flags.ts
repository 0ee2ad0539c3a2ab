/** What may be said of a container: flags of `ctr run` and `ctr containers create`. */
import type { Option } from "commander";
import { flag, listFlag, numberFlag } from "../command.ts";
import { SNAPSHOTTER_OPTION, type SnapshotterFlags } from "../snapshotter-flag.ts";

export interface ContainerFlags extends SnapshotterFlags {
  readonly snapshotterLabel: readonly string[];
  readonly config?: string;
  readonly rootfs?: true;
  readonly platform?: string;
  readonly label: readonly string[];
  readonly annotation: readonly string[];
  readonly runtime: string;
  readonly runcBinary?: string;
  readonly runcRoot?: string;
  readonly runcSystemdCgroup?: true;
  // The process.
  readonly cwd?: string;
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly tty?: true;
  // What it sees.
  readonly mount: readonly string[];
  readonly readOnly?: true;
  readonly netHost?: true;
  readonly withNs: readonly string[];
  readonly device: readonly string[];
  readonly gpus?: string;
  readonly rootfsPropagation?: string;
  // What it may.
  readonly privileged?: true;
  readonly allowNewPrivs?: true;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly seccompProfile?: string;
  readonly apparmorProfile?: string;
  readonly uidmap?: string;
  readonly gidmap?: string;
  // How much it gets.
  readonly cgroup?: string;
  readonly memoryLimit?: number;
  readonly cpus?: number;
  readonly cpuShares: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
}

const DEFAULT_RUNTIME = "io.containerd.runc.v2";
const DEFAULT_CPU_SHARES = 1024;

export const CONTAINER_OPTIONS: readonly Option[] = [
  SNAPSHOTTER_OPTION,
  listFlag("--snapshotter-label <value>", "labels added to the new snapshot for this container."),
  flag("-c, --config <value>", "path to the runtime-specific spec config file"),
  flag("--rootfs", "use custom rootfs that is not managed by containerd snapshotter"),
  flag("--platform <value>", "run image for specific platform"),
  listFlag("--label <value>", "specify additional labels (e.g. foo=bar)"),
  listFlag("--annotation <value>", "specify additional OCI annotations (e.g. foo=bar)"),
  flag("--runtime <value>", "runtime name").default(DEFAULT_RUNTIME),
  flag("--runc-binary <value>", "specify runc-compatible binary"),
  flag("--runc-root <value>", "specify runc-compatible root"),
  flag("--runc-systemd-cgroup", "start runc with systemd cgroup manager"),
  flag("--cwd <value>", "specify the working directory of the process"),
  listFlag("--env <value>", "specify additional container environment variables (e.g. FOO=bar)"),
  listFlag(
    "--env-file <value>",
    "specify additional container environment variables in a file(e.g. FOO=bar, one per line)",
  ),
  flag("-t, --tty", "allocate a TTY for the container"),
  listFlag(
    "--mount <value>",
    "specify additional container mount (e.g. type=bind,src=/tmp,dst=/host,options=rbind:ro)",
  ),
  flag("--read-only", "set the containers filesystem as readonly"),
  flag("--net-host", "enable host networking for the container"),
  listFlag(
    "--with-ns <value>",
    "specify existing Linux namespaces to join at container runtime (format '<nstype>:<path>')",
  ),
  listFlag(
    "--device <value>",
    "file path to a device to add to the container; or a path to a directory tree of devices",
  ),
  flag("--gpus <value>", "add gpus to the container: refused, that takes a program of NVIDIA's"),
  flag("--rootfs-propagation <value>", "set the propagation of the container rootfs"),
  flag("--privileged", "run privileged container"),
  flag("--allow-new-privs", "turn off OCI spec's NoNewPrivileges feature flag"),
  listFlag("--cap-add <value>", "add Linux capabilities (Set capabilities with 'CAP_' prefix)"),
  listFlag("--cap-drop <value>", "drop Linux capabilities (Set capabilities with 'CAP_' prefix)"),
  flag("--seccomp-profile <value>", "file path to custom seccomp profile, as in the spec's linux.seccomp"),
  flag("--apparmor-profile <value>", "enable AppArmor with an existing custom profile"),
  flag("--uidmap <container:host:length>", "run inside a user namespace with the specified UID mapping range"),
  flag("--gidmap <container:host:length>", "run inside a user namespace with the specified GID mapping range"),
  flag("--cgroup <value>", 'cgroup path (To disable use of cgroup, set to "" explicitly)'),
  numberFlag("--memory-limit <value>", "memory limit (in bytes) for the container"),
  numberFlag("--cpus <value>", "set the CFS cpu quota"),
  numberFlag("--cpu-shares <value>", "set the cpu shares").default(DEFAULT_CPU_SHARES),
  numberFlag("--cpu-quota <value>", "Limit CPU CFS quota"),
  numberFlag("--cpu-period <value>", "Limit CPU CFS period"),
];
