/** From the flags of `run` and `create` to the body of POST /containers/create, with the defaults that Docker's own client sends. */
import { readFileSync } from "node:fs";
import type {
  ContainerCreateRequest,
  EndpointSettings,
  HealthConfig,
  HostConfig,
  NetworkingConfig,
  Resources,
  RestartPolicy,
} from "../../engine-api/container-config.ts";
import { errorText } from "../error-text.ts";
import type { CreateFlags } from "./create-flags.ts";
import { limits } from "./limit-flags.ts";
import { parseDevice } from "./limits.ts";
import { environment, labels, pairsToMap, splitPair } from "./pairs.ts";
import { publishedPorts } from "./ports.ts";
import { shortVolumes, tmpfsMounts } from "./volumes.ts";

/** @throws {Error} When flags contradict each other, or a file of theirs can't be read. */
export function createRequest(flags: CreateFlags, image: string, command: readonly string[]): ContainerCreateRequest {
  checkModes(flags);
  const isStdinAttached = flags.interactive || flags.attach.includes("stdin");
  const takesAll = flags.attach.length === 0;
  const { exposed } = publishedPorts(flags.publish, flags.expose);
  const health = healthcheck(flags);
  return {
    Hostname: flags.hostname ?? "",
    Domainname: flags.domainname ?? "",
    User: flags.user ?? "",
    AttachStdin: isStdinAttached,
    AttachStdout: takesAll || flags.attach.includes("stdout"),
    AttachStderr: takesAll || flags.attach.includes("stderr"),
    ...(Object.keys(exposed).length > 0 && { ExposedPorts: exposed }),
    Tty: flags.tty,
    OpenStdin: flags.interactive,
    StdinOnce: flags.interactive && isStdinAttached,
    Env: environment(flags.envFile, flags.env),
    Cmd: command.length > 0 ? command : null,
    ...(health && { Healthcheck: health }),
    Image: image,
    Volumes: shortVolumes(flags.volume).anonymous,
    WorkingDir: flags.workdir ?? "",
    Entrypoint: flags.entrypoint === undefined ? null : [flags.entrypoint],
    ...(flags.macAddress !== undefined && { MacAddress: flags.macAddress }),
    OnBuild: null,
    Labels: labels(flags.labelFile, flags.label),
    ...(flags.stopSignal !== undefined && flags.stopSignal !== "SIGTERM" && { StopSignal: flags.stopSignal }),
    ...(flags.stopTimeout !== undefined && { StopTimeout: flags.stopTimeout }),
    HostConfig: hostConfig(flags),
    NetworkingConfig: networkingConfig(flags),
  };
}

const MAC_ADDRESS = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;

/** What no daemon need be asked about. */
function checkModes({ macAddress, pid = "", uts = "", userns = "" }: CreateFlags): void {
  if (macAddress && !MAC_ADDRESS.test(macAddress.trim())) throw new Error(`${macAddress} is not a valid mac address`);
  if (!["", "host"].includes(pid) && !/^container:./.test(pid)) throw new Error("--pid: invalid PID mode");
  if (!["", "host"].includes(uts)) throw new Error("--uts: invalid UTS mode");
  if (!["", "host"].includes(userns)) throw new Error("--userns: invalid USER mode");
}

function hostConfig(flags: CreateFlags): HostConfig {
  const restart = parseRestart(flags.restart);
  if (flags.rm && restart.Name !== "no" && restart.Name !== "")
    throw new Error("Conflicting options: --restart and --rm");
  return {
    Binds: orNull(shortVolumes(flags.volume).binds),
    ContainerIDFile: flags.cidfile ?? "",
    LogConfig: { Type: flags.logDriver ?? "", Config: logOptions(flags) },
    NetworkMode: networkMode(flags),
    PortBindings: publishedPorts(flags.publish, flags.expose).bindings,
    RestartPolicy: restart,
    AutoRemove: flags.rm,
    VolumeDriver: flags.volumeDriver ?? "",
    VolumesFrom: orNull(flags.volumesFrom),
    CapAdd: orNull(flags.capAdd),
    CapDrop: orNull(flags.capDrop),
    Dns: flags.dns,
    DnsOptions: [...flags.dnsOption, ...flags.dnsOpt],
    DnsSearch: flags.dnsSearch,
    ExtraHosts: orNull(flags.addHost),
    GroupAdd: orNull(flags.groupAdd),
    IpcMode: flags.ipc ?? "",
    Cgroup: "",
    Links: orNull(flags.link),
    OomScoreAdj: flags.oomScoreAdj ?? 0,
    PidMode: flags.pid ?? "",
    Privileged: flags.privileged,
    PublishAllPorts: flags.publishAll,
    ReadonlyRootfs: flags.readOnly,
    UTSMode: flags.uts ?? "",
    UsernsMode: flags.userns ?? "",
    ShmSize: flags.shmSize ?? 0,
    ConsoleSize: [0, 0],
    Isolation: flags.isolation ?? "",
    ...securityOptions(flags.securityOpt),
    ...(flags.storageOpt.length > 0 && { StorageOpt: storageOptions(flags.storageOpt) }),
    ...(flags.tmpfs.length > 0 && { Tmpfs: tmpfsMounts(flags.tmpfs) }),
    ...(flags.sysctl.length > 0 && { Sysctls: pairsToMap(flags.sysctl) }),
    ...(flags.runtime !== undefined && { Runtime: flags.runtime }),
    ...(flags.mount.length > 0 && { Mounts: flags.mount }),
    ...(flags.init !== undefined && { Init: flags.init }),
    ...resources(flags),
  };
}

function resources(flags: CreateFlags): Resources {
  if (flags.memorySwappiness < -1 || flags.memorySwappiness > 100)
    throw new Error(`invalid value: ${flags.memorySwappiness}. Valid memory swappiness range is 0-100`);
  return {
    ...limits(flags),
    CgroupParent: flags.cgroupParent ?? "",
    BlkioWeightDevice: flags.blkioWeightDevice,
    BlkioDeviceReadBps: orNull(flags.deviceReadBps),
    BlkioDeviceWriteBps: orNull(flags.deviceWriteBps),
    BlkioDeviceReadIOps: orNull(flags.deviceReadIops),
    BlkioDeviceWriteIOps: orNull(flags.deviceWriteIops),
    Devices: flags.device.map(parseDevice),
    DeviceCgroupRules: orNull(flags.deviceCgroupRule),
    DeviceRequests: flags.gpus === undefined ? null : [flags.gpus as never], // volumes.ts has made one
    KernelMemoryTCP: 0,
    MemorySwappiness: flags.memorySwappiness,
    OomKillDisable: flags.oomKillDisable,
    PidsLimit: flags.pidsLimit ?? 0,
    Ulimits: orNull(flags.ulimit),
  };
}

/** What Go's client sends for no words. */
function orNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length > 0 ? list : null;
}

/** `on-failure:3`, `always` @throws {Error} When it is none that could be one. The daemon knows which there are. */
export function parseRestart(text: string): RestartPolicy {
  const [name = "", count, ...more] = text.split(":");
  if (more.length > 0) throw new Error("invalid restart policy format");
  if (count !== undefined && !/^[-+]?\d+$/.test(count)) throw new Error("maximum retry count must be an integer");
  return { Name: name as RestartPolicy["Name"], MaximumRetryCount: Number(count ?? 0) };
}

function logOptions({ logDriver, logOpt }: CreateFlags): Record<string, string> {
  if (logDriver === "none" && logOpt.length > 0) throw new Error("invalid logging opts for driver none");
  return pairsToMap(logOpt);
}

function storageOptions(words: readonly string[]): Record<string, string> {
  if (words.some((word) => !word.includes("="))) throw new Error("invalid storage option");
  return pairsToMap(words);
}

/** A filter is sent as it is written, the whole file; and what unhides /proc is two fields. */
function securityOptions(words: readonly string[]): Pick<HostConfig, "SecurityOpt" | "MaskedPaths" | "ReadonlyPaths"> {
  const isUnmasked = words.includes("systempaths=unconfined");
  const others = words.filter((word) => word !== "systempaths=unconfined").map(securityOption);
  return {
    SecurityOpt: orNull(others),
    ...(isUnmasked ? { MaskedPaths: [], ReadonlyPaths: [] } : { MaskedPaths: null, ReadonlyPaths: null }),
  };
}

function securityOption(word: string): string {
  if (!/[=:]/.test(word) && word !== "no-new-privileges")
    throw new Error(`Invalid --security-opt: ${JSON.stringify(word)}`);
  const [key, value] = splitPair(word);
  if (key !== "seccomp" || value === "unconfined") return word;
  try {
    return `seccomp=${JSON.stringify(JSON.parse(readFileSync(value, "utf8")))}`;
  } catch (error) {
    throw new Error(`opening seccomp profile (${value}) failed: ${errorText(error)}`, { cause: error });
  }
}

function healthcheck(flags: CreateFlags): HealthConfig | undefined {
  const { healthCmd, healthInterval, healthTimeout, healthStartPeriod, healthRetries } = flags;
  const given = [healthCmd, healthInterval, healthTimeout, healthStartPeriod, healthRetries].some(
    (one) => one !== undefined,
  );
  if (flags.noHealthcheck) {
    if (given) throw new Error("--no-healthcheck conflicts with --health-* options");
    return { Test: ["NONE"] };
  }
  if (!given) return undefined;
  const negative = Object.entries({
    interval: healthInterval,
    timeout: healthTimeout,
    retries: healthRetries,
    "start-period": healthStartPeriod,
  }).find(([, value = 0]) => value < 0);
  if (negative) throw new Error(`--health-${negative[0]} cannot be negative`);
  return {
    ...(healthCmd !== undefined && { Test: ["CMD-SHELL", healthCmd] }),
    ...(healthInterval !== undefined && { Interval: healthInterval }),
    ...(healthTimeout !== undefined && { Timeout: healthTimeout }),
    ...(healthStartPeriod !== undefined && { StartPeriod: healthStartPeriod }),
    ...(healthRetries !== undefined && { Retries: healthRetries }),
  };
}

/** `web`, or in full `name=web,alias=db`. */
function networkMode({ network, net }: CreateFlags): string {
  const text = network ?? net ?? "default";
  if (!text.includes("=")) return text;
  const name = networkFields(text).find(([key]) => key === "name")?.[1];
  if (name === undefined) throw new Error(`network name or ID is required: ${text}`);
  return name;
}

function networkFields(text: string): (readonly [string, string])[] {
  return text.split(",").map(splitPair);
}

function networkingConfig(flags: CreateFlags): NetworkingConfig {
  const mode = networkMode(flags);
  const settings = endpointSettings(flags, mode);
  return { EndpointsConfig: Object.keys(settings).length > 0 ? { [mode]: settings } : {} };
}

function endpointSettings(flags: CreateFlags, mode: string): Partial<EndpointSettings> {
  const isUserDefined = !["default", "bridge", "host", "none"].includes(mode) && !mode.startsWith("container:");
  const text = flags.network ?? flags.net ?? "";
  const inFull = text.includes("=") ? networkFields(text) : [];
  const aliases = [
    ...flags.networkAlias,
    ...flags.netAlias,
    ...inFull.filter(([key]) => key === "alias").map(([, name]) => name),
  ];
  const addresses = {
    ...(flags.ip !== undefined && { IPv4Address: flags.ip }),
    ...(flags.ip6 !== undefined && { IPv6Address: flags.ip6 }),
    ...(flags.linkLocalIp.length > 0 && { LinkLocalIPs: flags.linkLocalIp }),
  };
  return {
    ...(Object.keys(addresses).length > 0 && { IPAMConfig: addresses }),
    ...(isUserDefined && flags.link.length > 0 && { Links: flags.link }),
    ...(aliases.length > 0 && { Aliases: aliases }),
  };
}
