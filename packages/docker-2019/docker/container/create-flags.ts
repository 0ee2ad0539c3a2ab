/** Flags of `run` and `create`: what container one wants. `create-request.ts` makes the request of them. */
import { isIP } from "node:net";
import type { Option } from "commander";
import { API_VERSION } from "../../engine-api/api-version.ts";
import type { Mount, ThrottleDevice, Ulimit, WeightDevice } from "../../engine-api/container-config.ts";
import { booleanFlag, flag, listFlag, numberFlag, parsedFlag, refusedFlag } from "../command.ts";
import { contentTrustFlag, type TrustFlags } from "../image/content-trust.ts";
import { parseByteSize } from "./byte-size.ts";
import { parseDurationNs } from "./duration-ns.ts";
import { LIMIT_OPTIONS, type LimitFlags } from "./limit-flags.ts";
import {
  checkDeviceRule,
  checkSysctl,
  parseThrottleBps,
  parseThrottleIops,
  parseUlimit,
  parseWeightDevice,
} from "./limits.ts";
import { checkLabel, checkVariable } from "./pairs.ts";
import { parseGpus, parseMount } from "./volumes.ts";

type Words = readonly string[];

export interface CreateFlags extends LimitFlags, TrustFlags {
  readonly addHost: Words;
  readonly attach: Words;
  readonly blkioWeightDevice: readonly WeightDevice[];
  readonly capAdd: Words;
  readonly capDrop: Words;
  readonly cgroupParent?: string;
  readonly cidfile?: string;
  readonly device: Words;
  readonly deviceCgroupRule: Words;
  readonly deviceReadBps: readonly ThrottleDevice[];
  readonly deviceReadIops: readonly ThrottleDevice[];
  readonly deviceWriteBps: readonly ThrottleDevice[];
  readonly deviceWriteIops: readonly ThrottleDevice[];
  readonly dns: Words;
  readonly dnsOption: Words;
  readonly dnsOpt: Words;
  readonly dnsSearch: Words;
  readonly domainname?: string;
  readonly entrypoint?: string;
  readonly env: Words;
  readonly envFile: Words;
  readonly expose: Words;
  readonly gpus?: object;
  readonly groupAdd: Words;
  readonly healthCmd?: string;
  readonly healthInterval?: number;
  readonly healthRetries?: number;
  readonly healthStartPeriod?: number;
  readonly healthTimeout?: number;
  readonly hostname?: string;
  readonly init?: boolean;
  readonly interactive: boolean;
  readonly ip?: string;
  readonly ip6?: string;
  readonly ipc?: string;
  readonly isolation?: string;
  readonly label: Words;
  readonly labelFile: Words;
  readonly link: Words;
  readonly linkLocalIp: Words;
  readonly logDriver?: string;
  readonly logOpt: Words;
  readonly macAddress?: string;
  readonly memorySwappiness: number;
  readonly mount: readonly Mount[];
  readonly name?: string;
  readonly network?: string;
  /** The older names of `network` and `networkAlias`. */
  readonly net?: string;
  readonly netAlias: Words;
  readonly networkAlias: Words;
  readonly noHealthcheck: boolean;
  readonly oomKillDisable: boolean;
  readonly oomScoreAdj?: number;
  readonly pid?: string;
  readonly platform?: string;
  readonly privileged: boolean;
  readonly publish: Words;
  readonly publishAll: boolean;
  /** When the image is pulled before. */
  readonly pull: string;
  readonly readOnly: boolean;
  readonly restart: string;
  readonly rm: boolean;
  readonly runtime?: string;
  readonly securityOpt: Words;
  readonly shmSize?: number;
  readonly stopSignal?: string;
  readonly stopTimeout?: number;
  readonly storageOpt: Words;
  readonly sysctl: Words;
  readonly tmpfs: Words;
  readonly tty: boolean;
  readonly ulimit: readonly Ulimit[];
  readonly user?: string;
  readonly userns?: string;
  readonly uts?: string;
  readonly volume: Words;
  readonly volumeDriver?: string;
  readonly volumesFrom: Words;
  readonly workdir?: string;
}

/** @param doing - `creating`, `running` */
export const createOptions = (doing: string): Option[] => [
  flag("--pull <string>", `Pull image before ${doing} ("always"|"missing"|"never")`).default("missing"),
  ...LIMIT_OPTIONS,
  ...windowsFlags(),
  listFlag("--add-host <list>", "Add a custom host-to-IP mapping (host:ip)", checkHost),
  listFlag("-a, --attach <list>", "Attach to STDIN, STDOUT or STDERR", checkStream),
  listFlag("--blkio-weight-device <list>", "Block IO weight (relative device weight) (default [])", parseWeightDevice),
  listFlag("--cap-add <list>", "Add Linux capabilities"),
  listFlag("--cap-drop <list>", "Drop Linux capabilities"),
  flag("--cgroup-parent <string>", "Optional parent cgroup for the container"),
  refusedFlag("--cgroupns <string>", `it needs version 1.41 of the API; this docker speaks ${API_VERSION}`),
  flag("--cidfile <string>", "Write the container ID to the file"),
  numberFlag("--cpu-rt-period <int>", "Limit CPU real-time period in microseconds"),
  numberFlag("--cpu-rt-runtime <int>", "Limit CPU real-time runtime in microseconds"),
  listFlag("--device <list>", "Add a host device to the container"),
  listFlag("--device-cgroup-rule <list>", "Add a rule to the cgroup allowed devices list", checkDeviceRule),
  listFlag(
    "--device-read-bps <list>",
    "Limit read rate (bytes per second) from a device (default [])",
    parseThrottleBps,
  ),
  listFlag(
    "--device-read-iops <list>",
    "Limit read rate (IO per second) from a device (default [])",
    parseThrottleIops,
  ),
  listFlag(
    "--device-write-bps <list>",
    "Limit write rate (bytes per second) to a device (default [])",
    parseThrottleBps,
  ),
  listFlag(
    "--device-write-iops <list>",
    "Limit write rate (IO per second) to a device (default [])",
    parseThrottleIops,
  ),
  contentTrustFlag("Skip image verification"),
  listFlag("--dns <list>", "Set custom DNS servers", checkAddress),
  listFlag("--dns-option <list>", "Set DNS options"),
  listFlag("--dns-opt <list>", "Set DNS options").hideHelp(),
  listFlag("--dns-search <list>", "Set custom DNS search domains"),
  flag("--domainname <string>", "Container NIS domain name"),
  flag("--entrypoint <string>", "Overwrite the default ENTRYPOINT of the image"),
  listFlag("-e, --env <list>", "Set environment variables", checkVariable),
  listFlag("--env-file <list>", "Read in a file of environment variables"),
  listFlag("--expose <list>", "Expose a port or a range of ports"),
  parsedFlag("--gpus <gpu-request>", "GPU devices to add to the container ('all' to pass all GPUs)", parseGpus),
  listFlag("--group-add <list>", "Add additional groups to join"),
  booleanFlag("--help", "Print usage"),
  flag("--health-cmd <string>", "Command to run to check health"),
  parsedFlag("--health-interval <duration>", "Time between running the check (ms|s|m|h) (default 0s)", parseDurationNs),
  numberFlag("--health-retries <int>", "Consecutive failures needed to report unhealthy"),
  parsedFlag(
    "--health-start-period <duration>",
    "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h) (default 0s)",
    parseDurationNs,
  ),
  parsedFlag(
    "--health-timeout <duration>",
    "Maximum time to allow one check to run (ms|s|m|h) (default 0s)",
    parseDurationNs,
  ),
  flag("-h, --hostname <string>", "Container host name"),
  booleanFlag("--init", "Run an init inside the container that forwards signals and reaps processes").default(
    undefined,
  ),
  booleanFlag("-i, --interactive", "Keep STDIN open even if not attached"),
  flag("--ip <string>", "IPv4 address (e.g., 172.30.100.104)"),
  flag("--ip6 <string>", "IPv6 address (e.g., 2001:db8::33)"),
  flag("--ipc <string>", "IPC mode to use"),
  flag("--isolation <string>", "Container isolation technology"),
  listFlag("-l, --label <list>", "Set meta data on a container", checkLabel),
  listFlag("--label-file <list>", "Read in a line delimited file of labels"),
  listFlag("--link <list>", "Add link to another container"),
  listFlag("--link-local-ip <list>", "Container IPv4/IPv6 link-local addresses"),
  flag("--log-driver <string>", "Logging driver for the container"),
  listFlag("--log-opt <list>", "Log driver options"),
  flag("--mac-address <string>", "Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
  numberFlag("--memory-swappiness <int>", "Tune container memory swappiness (0 to 100)").default(-1),
  listFlag("--mount <mount>", "Attach a filesystem mount to the container", parseMount),
  flag("--name <string>", "Assign a name to the container"),
  flag("--network <network>", "Connect a container to a network"),
  flag("--net <network>", "Connect a container to a network").hideHelp(),
  listFlag("--network-alias <list>", "Add network-scoped alias for the container"),
  listFlag("--net-alias <list>", "Add network-scoped alias for the container").hideHelp(),
  booleanFlag("--no-healthcheck", "Disable any container-specified HEALTHCHECK"),
  booleanFlag("--oom-kill-disable", "Disable OOM Killer"),
  numberFlag("--oom-score-adj <int>", "Tune host's OOM preferences (-1000 to 1000)"),
  flag("--pid <string>", "PID namespace to use"),
  flag("--platform <string>", "Set platform if server is multi-platform capable"),
  booleanFlag("--privileged", "Give extended privileges to this container"),
  listFlag("-p, --publish <list>", "Publish a container's port(s) to the host"),
  booleanFlag("-P, --publish-all", "Publish all exposed ports to random ports"),
  booleanFlag("--read-only", "Mount the container's root filesystem as read only"),
  flag("--restart <string>", "Restart policy to apply when a container exits").default("no"),
  booleanFlag("--rm", "Automatically remove the container when it exits"),
  flag("--runtime <string>", "Runtime to use for this container"),
  listFlag("--security-opt <list>", "Security Options"),
  parsedFlag("--shm-size <bytes>", "Size of /dev/shm", parseByteSize),
  flag("--stop-signal <string>", "Signal to stop a container").default("SIGTERM"),
  numberFlag("--stop-timeout <int>", "Timeout (in seconds) to stop a container"),
  listFlag("--storage-opt <list>", "Storage driver options for the container"),
  listFlag("--sysctl <map>", "Sysctl options (default map[])", checkSysctl),
  listFlag("--tmpfs <list>", "Mount a tmpfs directory"),
  booleanFlag("-t, --tty", "Allocate a pseudo-TTY"),
  listFlag("--ulimit <ulimit>", "Ulimit options (default [])", parseUlimit),
  flag("-u, --user <string>", "Username or UID (format: <name|uid>[:<group|gid>])"),
  flag("--userns <string>", "User namespace to use"),
  flag("--uts <string>", "UTS namespace to use"),
  listFlag("-v, --volume <list>", "Bind mount a volume"),
  flag("--volume-driver <string>", "Optional volume driver for the container"),
  listFlag("--volumes-from <list>", "Mount volumes from the specified container(s)"),
  flag("-w, --workdir <string>", "Working directory inside the container"),
];

function windowsFlags(): Option[] {
  const flags = ["--cpu-count <int>", "--cpu-percent <int>", "--io-maxbandwidth <bytes>", "--io-maxiops <uint>"];
  return flags.map((one) => refusedFlag(one, "it is only for Windows, and this is Linux"));
}

function checkHost(text: string): string {
  const colon = text.indexOf(":");
  if (colon <= 0) throw new Error(`bad format for add-host: ${JSON.stringify(text)}`);
  const address = text.slice(colon + 1);
  if (address !== "host-gateway" && isIP(address) === 0)
    throw new Error(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  return text;
}

function checkStream(text: string): string {
  const stream = text.toLowerCase();
  if (!["stdin", "stdout", "stderr"].includes(stream)) throw new Error("valid streams are STDIN, STDOUT and STDERR");
  return stream;
}

function checkAddress(text: string): string {
  if (isIP(text.trim()) === 0) throw new Error(`${text} is not an ip address`);
  return text.trim();
}
