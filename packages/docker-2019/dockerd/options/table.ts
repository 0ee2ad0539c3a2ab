/**
 * What dockerd may be told, by a flag or by a member of its configuration's file:
 *
 *     --label a=b --label c=d --icc=false         {"labels": ["a=b", "c=d"], "icc": false}
 *
 * A flag that may come more than once is a list in the file, and has a name in the plural there.
 *
 * @see https://docs.docker.com/reference/cli/dockerd/
 */
import { Option } from "commander";
import { DEFAULT_HOST } from "../../engine-api/default-host.ts";
import { DEFAULT_BRIDGE } from "../network/options.ts";
import { DEFAULT_DATA_ROOT, DEFAULT_EXEC_ROOT, DEFAULT_PIDFILE } from "../paths.ts";
import { checkAddress, checkDomain, checkHost, checkLabel, checkMirror } from "./checks.ts";
import { BOOLEAN, BYTES, INTEGER, type Kind, listOf, MAP, SWITCHES, TEXT, textOf } from "./kinds.ts";
import { POOLS, RUNTIMES, STANDARD_RUNTIME, ULIMITS } from "./structured-kinds.ts";

/** One thing that may be told. */
export interface OptionRow<Value> {
  /** `-D, --debug`; none for what the file alone may say. */
  readonly flags?: string;
  readonly kind: Kind<Value>;
  /** If nothing is said. */
  readonly standard: Value;
  readonly about: string;
  /** Its name in the file. */
  readonly key: string;
}

function row<Value>(flags: string, kind: Kind<Value>, standard: Value, about: string, key?: string): OptionRow<Value> {
  return { flags, kind, standard, about, key: key ?? new Option(flags).long!.replace(/^--/, "") };
}

function inFileAlone<Value>(key: string, kind: Kind<Value>, standard: Value, about: string): OptionRow<Value> {
  return { kind, standard, about, key };
}

const MiB = 1024 * 1024;

export const OPTIONS = {
  // the daemon itself
  hosts: row(
    "-H, --host",
    listOf(checkHost),
    [],
    `daemon socket to listen on (default ${DEFAULT_HOST}; with --tls tcp://127.0.0.1:2376)`,
    "hosts",
  ),
  group: row("-G, --group", TEXT, "docker", "group for the unix socket"),
  tls: row("--tls", BOOLEAN, false, "use TLS on tcp sockets; implied by --tlsverify"),
  tlsVerify: row("--tlsverify", BOOLEAN, false, "use TLS, and serve none but who has a certificate"),
  tlsCaCert: row("--tlscacert", TEXT, "", "clients' certificates have to be signed by this CA"),
  tlsCert: row("--tlscert", TEXT, "", "the daemon's certificate"),
  tlsKey: row("--tlskey", TEXT, "", "its key"),
  insecureTcp: row(
    "--insecure-tcp",
    BOOLEAN,
    false,
    "serve tcp beyond the loopback to all, certificate or not: who gets there is root",
  ),
  dataRoot: row("--data-root", TEXT, DEFAULT_DATA_ROOT, "root directory of persistent Docker state"),
  execRoot: row("--exec-root", TEXT, DEFAULT_EXEC_ROOT, "root directory for execution state files"),
  pidfile: row("-p, --pidfile", TEXT, DEFAULT_PIDFILE, "path to use for daemon PID file"),
  debug: row("-D, --debug", BOOLEAN, false, "enable debug mode"),
  logLevel: row("-l, --log-level", TEXT, "info", "least level that is logged: debug, info, warn, error or fatal"),
  rawLogs: row("--raw-logs", BOOLEAN, false, "a log without ANSI coloring on a terminal, too"),
  oomScoreAdjust: row(
    "--oom-score-adjust",
    INTEGER,
    -500,
    "how likely the kernel ends the daemon for memory: oom_score_adj",
  ),
  features: inFileAlone(
    "features",
    SWITCHES,
    {},
    "ways of the original's to switch on: of the builder, which is not here",
  ),
  experimental: row("--experimental", BOOLEAN, false, "say that this daemon has experimental features; there are none"),
  labels: row("--label", listOf(checkLabel), [], "set key=value labels to the daemon", "labels"),
  liveRestore: row("--live-restore", BOOLEAN, false, "keep containers running while the daemon is down"),
  shutdownTimeout: row("--shutdown-timeout", INTEGER, 15, "seconds that containers have to end when the daemon does"),
  containerd: row("--containerd", TEXT, "", "containerd grpc address; without, dockerd starts one of its own"),
  containerdNamespace: row(
    "--containerd-namespace",
    TEXT,
    "moby",
    "containerd's namespace of this daemon's containers",
  ),
  containerdPluginNamespace: row(
    "--containerd-plugins-namespace",
    TEXT,
    "plugins.moby",
    "containerd's namespace of plugins; there are none",
    "containerd-plugin-namespace",
  ),
  containerdShim: row("--containerd-shim", TEXT, "io.containerd.eras.v2", "containerd's name of the shim"),

  // images
  storageDriver: row("-s, --storage-driver", TEXT, "", "storage driver to use"),
  storageOptions: row("--storage-opt", listOf(), [], "overlay2.override_kernel_check=BOOL", "storage-opts"),
  registryMirrors: row(
    "--registry-mirror",
    listOf(checkMirror),
    [],
    "a mirror that is asked first",
    "registry-mirrors",
  ),
  insecureRegistries: row(
    "--insecure-registry",
    listOf(),
    [],
    "a registry without TLS, or a bad certificate",
    "insecure-registries",
  ),
  maxConcurrentDownloads: row("--max-concurrent-downloads", INTEGER, 3, "layers that are fetched at a time"),
  maxConcurrentUploads: row("--max-concurrent-uploads", INTEGER, 5, "layers that are sent at a time"),

  // containers
  runtimes: row("--add-runtime", RUNTIMES, {}, "register an additional OCI compatible runtime", "runtimes"),
  defaultRuntime: row("--default-runtime", TEXT, STANDARD_RUNTIME, "default OCI runtime for containers"),
  cgroupParent: row("--cgroup-parent", TEXT, "", "set parent cgroup for all containers"),
  execOptions: row("--exec-opt", listOf(), [], "native.cgroupdriver=cgroupfs", "exec-opts"),
  defaultUlimits: row(
    "--default-ulimit",
    ULIMITS,
    {},
    "limits of containers that have none of their own",
    "default-ulimits",
  ),
  defaultShmSize: row("--default-shm-size", BYTES, 64 * MiB, "of /dev/shm"),
  defaultIpcMode: row("--default-ipc-mode", TEXT, "private", "shareable or private"),
  defaultCgroupnsMode: row("--default-cgroupns-mode", TEXT, "", "host or private (default host with cgroups v1)"),
  init: row("--init", BOOLEAN, false, "run an init in containers that forwards signals and reaps processes"),
  initPath: row("--init-path", TEXT, "", "path to the docker-init binary"),
  noNewPrivileges: row("--no-new-privileges", BOOLEAN, false, "set no-new-privileges by default for new containers"),
  seccompProfile: row("--seccomp-profile", TEXT, "", "path of a seccomp profile, in the place of the default one"),
  usernsRemap: row("--userns-remap", TEXT, "", "user[:group] whose subordinate ids are those of containers"),
  logDriver: row("--log-driver", TEXT, "json-file", "default driver for container logs"),
  logOptions: row("--log-opt", MAP, {}, "default log driver options for containers", "log-opts"),

  // networks
  bridge: row(
    "-b, --bridge",
    TEXT,
    DEFAULT_BRIDGE,
    "the bridge that containers are attached to, made if its name begins with eras; none: they are in no network",
  ),
  bip: row("--bip", TEXT, "", "its address, with the length of its network: 192.168.5.1/24"),
  defaultGateway: row(
    "--default-gateway",
    textOf("<ip>", checkAddress),
    "",
    "address in the bridge's network where containers send what is for others; default: the bridge's",
  ),
  fixedCidr: row("--fixed-cidr", TEXT, "", "part of the bridge's network that containers have their addresses of"),
  defaultAddressPools: row(
    "--default-address-pool",
    POOLS,
    [],
    "networks to choose the bridge's from",
    "default-address-pools",
  ),
  mtu: row("--mtu", INTEGER, 0, "the containers' network MTU"),
  icc: row("--icc", BOOLEAN, true, "enable inter-container communication"),
  ipv6: row("--ipv6", BOOLEAN, false, "addresses of IPv6 for containers: they have none, so nothing but false"),
  ip6tables: row("--ip6tables", BOOLEAN, false, "rules for them: nothing but false, too"),
  ip: row("--ip", textOf("<ip>", checkAddress), "0.0.0.0", "default IP when binding container ports"),
  iptables: row("--iptables", BOOLEAN, true, "enable addition of iptables rules"),
  ipForward: row("--ip-forward", BOOLEAN, true, "enable net.ipv4.ip_forward"),
  ipMasq: row("--ip-masq", BOOLEAN, true, "enable IP masquerading"),
  userlandProxy: row("--userland-proxy", BOOLEAN, true, "use userland proxy for loopback traffic"),
  userlandProxyPath: row("--userland-proxy-path", TEXT, "", "path to the userland proxy binary"),
  hostGatewayIp: row(
    "--host-gateway-ip",
    textOf("<ip>", checkAddress),
    "",
    "what host-gateway in --add-host means; default: the bridge's",
  ),
  dns: row("--dns", listOf(checkAddress), [], "DNS server to use"),
  dnsOptions: row("--dns-opt", listOf(), [], "DNS options to use", "dns-opts"),
  dnsSearch: row("--dns-search", listOf(checkDomain), [], "DNS search domains to use"),
} as const;

export type OptionName = keyof typeof OPTIONS;

/** All of it, said or not. */
export type Options = {
  readonly [Name in OptionName]: (typeof OPTIONS)[Name] extends OptionRow<infer Value> ? Value : never;
};

/** What was said. */
export type SomeOptions = Partial<Options>;

/** The rows, without their types: for who treats all alike. */
export const ROWS = Object.entries(OPTIONS) as readonly [OptionName, OptionRow<unknown>][];

export function standardOptions(): Options {
  return Object.fromEntries(ROWS.map(([name, { standard }]) => [name, standard])) as unknown as Options; // each is of its row's type
}
