/**
 * Config and HostConfig as `docker inspect` shows them: all members, in the original's order, with zeros where nothing was said. A few are
 * left out then.
 *
 * Clients read members without asking whether they are there, and people compare the text.
 */
import type { ContainerConfig, HostConfig } from "../../engine-api/container-config.ts";

/** Members in their order; undefined for those that are left out where they say nothing. */
const CONFIG: { readonly [Member in keyof Required<ContainerConfig>]: unknown } = {
  Hostname: "",
  Domainname: "",
  User: "",
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  ExposedPorts: undefined,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Healthcheck: undefined,
  ArgsEscaped: undefined,
  Image: "",
  Volumes: null,
  WorkingDir: "",
  Entrypoint: null,
  NetworkDisabled: undefined,
  MacAddress: undefined,
  OnBuild: null,
  Labels: null,
  StopSignal: undefined,
  StopTimeout: undefined,
  Shell: undefined,
};

/** The last four but two are of Windows. */
const HOST_CONFIG: { readonly [Member in keyof Required<HostConfig> | WindowsMember]: unknown } = {
  Binds: null,
  ContainerIDFile: "",
  LogConfig: { Type: "", Config: null },
  NetworkMode: "",
  PortBindings: null,
  RestartPolicy: { Name: "", MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: "",
  VolumesFrom: null,
  CapAdd: null,
  CapDrop: null,
  Capabilities: undefined,
  CgroupnsMode: "",
  Dns: null,
  DnsOptions: null,
  DnsSearch: null,
  ExtraHosts: null,
  GroupAdd: null,
  IpcMode: "",
  Cgroup: "",
  Links: null,
  OomScoreAdj: 0,
  PidMode: "",
  Privileged: false,
  PublishAllPorts: false,
  ReadonlyRootfs: false,
  SecurityOpt: null,
  StorageOpt: undefined,
  Tmpfs: undefined,
  UTSMode: "",
  UsernsMode: "",
  ShmSize: 0,
  Sysctls: undefined,
  Runtime: undefined,
  ConsoleSize: [0, 0],
  Isolation: "",
  CpuShares: 0,
  Memory: 0,
  NanoCpus: 0,
  CgroupParent: "",
  BlkioWeight: 0,
  BlkioWeightDevice: null,
  BlkioDeviceReadBps: null,
  BlkioDeviceWriteBps: null,
  BlkioDeviceReadIOps: null,
  BlkioDeviceWriteIOps: null,
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: "",
  CpusetMems: "",
  Devices: null,
  DeviceCgroupRules: null,
  DeviceRequests: null,
  KernelMemory: 0,
  KernelMemoryTCP: 0,
  MemoryReservation: 0,
  MemorySwap: 0,
  MemorySwappiness: null,
  OomKillDisable: null,
  PidsLimit: null,
  Ulimits: null,
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
  Mounts: undefined,
  MaskedPaths: null,
  ReadonlyPaths: null,
  Init: undefined,
};

type WindowsMember = "CpuCount" | "CpuPercent" | "IOMaximumIOps" | "IOMaximumBandwidth";

export function wholeConfig(config: ContainerConfig): ContainerConfig {
  return whole(CONFIG, config);
}

export function wholeHostConfig(hostConfig: HostConfig): HostConfig {
  return whole(HOST_CONFIG, hostConfig);
}

/** What is not known is not shown: clients send what later versions have. */
function whole(members: object, said: object): object {
  const values: Readonly<Record<string, unknown>> = { ...said };
  return Object.fromEntries(
    Object.entries(members)
      .map(([name, nothing]) => [name, values[name] ?? nothing] as const)
      .filter(([name, value]) => value !== undefined && !(isLeftOut(members, name) && saysNothing(name, value))),
  );
}

function isLeftOut(members: object, name: string): boolean {
  return (members as Readonly<Record<string, unknown>>)[name] === undefined;
}

/** As Go's `omitempty` has it. Behind a pointer false and 0 are something: that no init is wanted, that nobody is to wait for a stop. */
function saysNothing(name: string, value: unknown): boolean {
  if (value === false) return name !== "Init";
  return value === "" || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
