/** The bodies of requests: which members they have, and of what types. Names are those of Docker 19.03's structures, as its messages have them. */
import type { AuthConfig } from "../../engine-api/auth.ts";
import type { ContainerCreateRequest } from "../../engine-api/container-config.ts";
import type { ExecCreateRequest, ExecStartRequest } from "../../engine-api/exec.ts";
import type { VolumeCreateRequest } from "../../engine-api/volume.ts";
import type { UpdateRequest } from "../config/update.ts";
import { type Fields, flag, integer, list, map, pointers, type Shape, struct, text, words } from "./shape.ts";

/** A body; what is wrong with it is the client's fault (400), or, as the original has it for some, nobody's (500). */
export interface Body<T> {
  readonly shape: Shape;
  readonly status: 400 | 500;
  /** What it becomes; nobody sets it. */
  readonly type?: T;
}

const texts = list(text());
const labels = map(text());
const nothing = struct("struct {}", {});
const members = (shape: Shape, ...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, shape]));

const HEALTH = struct("container.HealthConfig", {
  Test: texts,
  ...members(integer("time.Duration"), "Interval", "Timeout", "StartPeriod"),
  Retries: integer("int"),
});

const CONFIG: Fields = {
  ...members(text(), "Hostname", "Domainname", "User", "Image", "WorkingDir", "MacAddress", "StopSignal"),
  ...members(flag, "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "ArgsEscaped"),
  ...members(words, "Cmd", "Entrypoint", "Shell"),
  ...members(texts, "Env", "OnBuild"),
  NetworkDisabled: flag,
  ExposedPorts: map(nothing, "nat.PortSet"),
  Volumes: map(nothing),
  Labels: labels,
  Healthcheck: HEALTH,
  StopTimeout: integer("int"),
};

const THROTTLES = pointers(list, struct("blkiodev.ThrottleDevice", { Path: text(), Rate: integer("uint64") }));
const WEIGHTS = pointers(list, struct("blkiodev.WeightDevice", { Path: text(), Weight: integer("uint16") }));
const ULIMITS = pointers(list, struct("units.Ulimit", { Name: text(), Hard: integer(), Soft: integer() }));
const DEVICE = struct("container.DeviceMapping", members(text(), "PathOnHost", "PathInContainer", "CgroupPermissions"));
const DEVICE_REQUEST = struct("container.DeviceRequest", {
  Driver: text(),
  Count: integer("int"),
  DeviceIDs: texts,
  Capabilities: list(texts),
  Options: labels,
});

const RESOURCES: Fields = {
  ...members(integer(), "CpuShares", "Memory", "NanoCpus", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod"),
  ...members(integer(), "CpuRealtimeRuntime", "KernelMemory", "KernelMemoryTCP", "MemoryReservation", "MemorySwap"),
  ...members(integer(), "MemorySwappiness", "PidsLimit", "CpuCount", "CpuPercent"),
  ...members(text(), "CgroupParent", "CpusetCpus", "CpusetMems"),
  ...members(THROTTLES, "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps"),
  BlkioWeight: integer("uint16"),
  BlkioWeightDevice: WEIGHTS,
  Devices: list(DEVICE),
  DeviceCgroupRules: texts,
  DeviceRequests: list(DEVICE_REQUEST),
  OomKillDisable: flag,
  Ulimits: ULIMITS,
};

const RESTART_POLICY = struct("container.RestartPolicy", { Name: text(), MaximumRetryCount: integer("int") });
const LOG_CONFIG = struct("container.LogConfig", { Type: text(), Config: labels });
const PORT_BINDING = struct("nat.PortBinding", { HostIp: text(), HostPort: text() });
const DRIVER = struct("mount.Driver", { Name: text(), Options: labels });
const MOUNT = struct("mount.Mount", {
  Type: text("mount.Type"),
  Source: text(),
  Target: text(),
  ReadOnly: flag,
  Consistency: text("mount.Consistency"),
  BindOptions: struct("mount.BindOptions", { Propagation: text("mount.Propagation"), NonRecursive: flag }),
  VolumeOptions: struct("mount.VolumeOptions", { NoCopy: flag, Labels: labels, DriverConfig: DRIVER }),
  TmpfsOptions: struct("mount.TmpfsOptions", { SizeBytes: integer(), Mode: integer("fs.FileMode") }),
});

const HOST_CONFIG: Fields = {
  ...RESOURCES,
  ...members(texts, "Binds", "VolumesFrom", "Capabilities", "Dns", "DnsOptions", "DnsSearch", "ExtraHosts", "GroupAdd"),
  ...members(texts, "Links", "SecurityOpt", "MaskedPaths", "ReadonlyPaths"),
  ...members(text(), "ContainerIDFile", "VolumeDriver", "Runtime"),
  ...members(flag, "AutoRemove", "Privileged", "PublishAllPorts", "ReadonlyRootfs", "Init"),
  ...members(words, "CapAdd", "CapDrop"),
  ...members(labels, "StorageOpt", "Tmpfs", "Sysctls"),
  ...Object.fromEntries(
    ["NetworkMode", "CgroupnsMode", "IpcMode", "PidMode", "UTSMode", "UsernsMode", "Isolation"].map((name) => [
      name,
      text(`container.${name}`),
    ]),
  ),
  Cgroup: text("container.CgroupSpec"),
  LogConfig: LOG_CONFIG,
  PortBindings: map(list(PORT_BINDING), "nat.PortMap"),
  RestartPolicy: RESTART_POLICY,
  OomScoreAdj: integer("int"),
  ShmSize: integer(),
  ConsoleSize: list(integer("uint"), "[2]uint"),
  Mounts: list(MOUNT),
};

const ENDPOINT = struct("network.EndpointSettings", {
  ...members(text(), "NetworkID", "EndpointID", "Gateway", "IPAddress", "IPv6Gateway", "GlobalIPv6Address"),
  ...members(integer("int"), "IPPrefixLen", "GlobalIPv6PrefixLen"),
  ...members(texts, "Links", "Aliases"),
  MacAddress: text(),
  DriverOpts: labels,
  IPAMConfig: struct("network.EndpointIPAMConfig", {
    IPv4Address: text(),
    IPv6Address: text(),
    LinkLocalIPs: texts,
  }),
});

const NETWORKING_CONFIG = struct("network.NetworkingConfig", { EndpointsConfig: pointers(map, ENDPOINT) });

/** Which members are a host's affair. */
export const HOST_MEMBERS: readonly string[] = Object.keys(HOST_CONFIG);

/** A container, and what a commit changes of one. */
export const CONTAINER: Body<ContainerCreateRequest> = {
  shape: struct("runconfig.ContainerConfigWrapper", {
    ...HOST_CONFIG,
    ...CONFIG,
    Cpuset: text(),
    HostConfig: struct("container.HostConfig", HOST_CONFIG),
    NetworkingConfig: NETWORKING_CONFIG,
  }),
  status: 500,
};

export const UPDATE: Body<UpdateRequest> = {
  shape: struct("container.UpdateConfig", { ...RESOURCES, RestartPolicy: RESTART_POLICY }),
  status: 500,
};

export const EXEC: Body<ExecCreateRequest> = {
  shape: struct("types.ExecConfig", {
    ...members(flag, "Privileged", "Tty", "AttachStdin", "AttachStderr", "AttachStdout", "Detach"),
    ...members(text(), "User", "DetachKeys", "WorkingDir"),
    ...members(texts, "Env", "Cmd"),
  }),
  status: 400,
};

export const EXEC_START: Body<ExecStartRequest> = {
  shape: struct("types.ExecStartCheck", { Detach: flag, Tty: flag }),
  status: 400,
};

export const VOLUME: Body<Partial<VolumeCreateRequest>> = {
  shape: struct("volume.VolumeCreateBody", { Name: text(), Driver: text(), DriverOpts: labels, Labels: labels }),
  status: 400,
};

export const NETWORK: Body<{ readonly Name?: string }> = {
  shape: struct("types.NetworkCreateRequest", { Name: text(), Driver: text(), CheckDuplicate: flag }),
  status: 400,
};

export const NETWORK_CONNECT: Body<{ readonly Container?: string }> = {
  shape: struct("types.NetworkConnect", { Container: text(), EndpointConfig: ENDPOINT }),
  status: 400,
};

export const NETWORK_DISCONNECT: Body<{ readonly Container?: string }> = {
  shape: struct("types.NetworkDisconnect", { Container: text(), Force: flag }),
  status: 400,
};

export const AUTH: Body<AuthConfig> = {
  shape: struct(
    "types.AuthConfig",
    members(text(), "username", "password", "serveraddress", "identitytoken", "registrytoken"),
  ),
  status: 500,
};
