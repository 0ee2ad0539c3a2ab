/**
 * What a container is made of, as POST /containers/create says it: `Config`, what goes with the image and can be committed to a new one, and
 * `HostConfig`, what is this host's affair. Both lie on the disk in the same words.
 *
 * The wire leaves out what is not said, or says null, or the zero of its type: for a reader they are the same. Names are the wire's.
 *
 * @see https://docs.docker.com/engine/api/v1.40/#operation/ContainerCreate
 */

/** A list that may be absent or null, as Go writes an empty one. */
export type List<T> = readonly T[] | null;
/** A map that may be null. */
export type Dictionary<T> = Readonly<Record<string, T>> | null;

/** `80/tcp` */
export type Port = string;

/** How to find out whether a container works. Times are nanoseconds; 0 takes the image's, or the default. */
export interface HealthConfig {
  /** `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", …]`; empty takes the image's. */
  readonly Test?: List<string>;
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly Retries?: number;
}

/** What an image may say too. */
export interface ImageRunConfig {
  readonly User?: string;
  readonly ExposedPorts?: Dictionary<object>;
  /** `NAME=value`; `NAME` alone takes the variable away. */
  readonly Env?: List<string>;
  readonly Cmd?: List<string>;
  readonly Entrypoint?: List<string>;
  readonly Healthcheck?: HealthConfig | null;
  /** Windows only. */
  readonly ArgsEscaped?: boolean;
  readonly Volumes?: Dictionary<object>;
  readonly WorkingDir?: string;
  readonly Labels?: Dictionary<string>;
  readonly OnBuild?: List<string>;
  /** `SIGTERM`, or a number. */
  readonly StopSignal?: string;
  readonly Shell?: List<string>;
}

export interface ContainerConfig extends ImageRunConfig {
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  readonly Tty?: boolean;
  /** Keeps standard input open, whoever may come. */
  readonly OpenStdin?: boolean;
  /** Closes it when the first client that was attached to it goes. */
  readonly StdinOnce?: boolean;
  readonly Image?: string;
  readonly NetworkDisabled?: boolean;
  readonly MacAddress?: string;
  /** Seconds between the stop signal and SIGKILL. */
  readonly StopTimeout?: number | null;
}

export interface PortBinding {
  readonly HostIp: string;
  /** A number, a range `8000-8010`, or empty for any. */
  readonly HostPort: string;
}

export interface RestartPolicy {
  readonly Name: "" | "no" | "on-failure" | "always" | "unless-stopped";
  readonly MaximumRetryCount: number;
}

export interface LogConfig {
  /** `json-file`, `none`; empty for the daemon's default. */
  readonly Type: string;
  readonly Config: Dictionary<string>;
}

export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  /** Some of `rwm`. */
  readonly CgroupPermissions: string;
}

export interface DeviceRequest {
  readonly Driver: string;
  readonly Count: number;
  readonly DeviceIDs: List<string>;
  readonly Capabilities: List<readonly string[]>;
  readonly Options: Dictionary<string>;
}

export interface WeightDevice {
  readonly Path: string;
  readonly Weight: number;
}

export interface ThrottleDevice {
  readonly Path: string;
  readonly Rate: number;
}

export interface Ulimit {
  /** `nofile` */
  readonly Name: string;
  readonly Hard: number;
  readonly Soft: number;
}

/** What can be changed while the container runs: POST /containers/ID/update. Bytes, unless said otherwise; 0 is no limit. */
export interface Resources {
  readonly CpuShares?: number;
  readonly Memory?: number;
  /** Billionths of a processor. */
  readonly NanoCpus?: number;
  readonly CgroupParent?: string;
  readonly BlkioWeight?: number;
  readonly BlkioWeightDevice?: List<WeightDevice>;
  readonly BlkioDeviceReadBps?: List<ThrottleDevice>;
  readonly BlkioDeviceWriteBps?: List<ThrottleDevice>;
  readonly BlkioDeviceReadIOps?: List<ThrottleDevice>;
  readonly BlkioDeviceWriteIOps?: List<ThrottleDevice>;
  /** Microseconds. */
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpuRealtimePeriod?: number;
  readonly CpuRealtimeRuntime?: number;
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
  readonly Devices?: List<DeviceMapping>;
  readonly DeviceCgroupRules?: List<string>;
  readonly DeviceRequests?: List<DeviceRequest>;
  readonly KernelMemory?: number;
  readonly KernelMemoryTCP?: number;
  readonly MemoryReservation?: number;
  /** Memory and swap together; -1 is no limit. */
  readonly MemorySwap?: number;
  /** 0 to 100; -1 and null leave it to the kernel. */
  readonly MemorySwappiness?: number | null;
  readonly OomKillDisable?: boolean | null;
  /** 0 and -1 are no limit; null leaves an update as it is. */
  readonly PidsLimit?: number | null;
  readonly Ulimits?: List<Ulimit>;
}

export interface BindOptions {
  readonly Propagation?: string;
  readonly NonRecursive?: boolean;
}

export interface VolumeOptions {
  readonly NoCopy?: boolean;
  readonly Labels?: Dictionary<string>;
  readonly DriverConfig?: { readonly Name?: string; readonly Options?: Dictionary<string> } | null;
}

export interface TmpfsOptions {
  readonly SizeBytes?: number;
  readonly Mode?: number;
}

/** `--mount`, which says in full what `-v` says in short. */
export interface Mount {
  readonly Type: "bind" | "volume" | "tmpfs" | "npipe";
  /** A path of the host, or the name of a volume. */
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly Consistency?: string;
  readonly BindOptions?: BindOptions | null;
  readonly VolumeOptions?: VolumeOptions | null;
  readonly TmpfsOptions?: TmpfsOptions | null;
}

export interface HostConfig extends Resources {
  /** `host-path:container-path[:options]`, `volume:container-path[:options]` */
  readonly Binds?: List<string>;
  readonly ContainerIDFile?: string;
  readonly LogConfig?: LogConfig;
  /** `default`, `bridge`, `host`, `none`, `container:NAME`, or a network's name. */
  readonly NetworkMode?: string;
  readonly PortBindings?: Dictionary<List<PortBinding>>;
  readonly RestartPolicy?: RestartPolicy;
  readonly AutoRemove?: boolean;
  readonly VolumeDriver?: string;
  /** `NAME[:ro]` */
  readonly VolumesFrom?: List<string>;
  readonly CapAdd?: List<string>;
  readonly CapDrop?: List<string>;
  readonly Capabilities?: List<string>;
  readonly CgroupnsMode?: string;
  readonly Dns?: List<string>;
  readonly DnsOptions?: List<string>;
  readonly DnsSearch?: List<string>;
  /** `NAME:ADDRESS` */
  readonly ExtraHosts?: List<string>;
  readonly GroupAdd?: List<string>;
  readonly IpcMode?: string;
  readonly Cgroup?: string;
  /** `NAME:ALIAS` */
  readonly Links?: List<string>;
  readonly OomScoreAdj?: number;
  readonly PidMode?: string;
  readonly Privileged?: boolean;
  readonly PublishAllPorts?: boolean;
  readonly ReadonlyRootfs?: boolean;
  /** `seccomp=unconfined`, `apparmor=NAME`, `no-new-privileges`, `label=…` */
  readonly SecurityOpt?: List<string>;
  readonly StorageOpt?: Dictionary<string>;
  /** By path: mount options. */
  readonly Tmpfs?: Dictionary<string>;
  readonly UTSMode?: string;
  readonly UsernsMode?: string;
  readonly ShmSize?: number;
  readonly Sysctls?: Dictionary<string>;
  readonly Runtime?: string;
  /** Rows and columns, of Windows only. */
  readonly ConsoleSize?: readonly [number, number];
  readonly Isolation?: string;
  readonly Mounts?: List<Mount>;
  /** Null takes the default ones; an empty list, none. */
  readonly MaskedPaths?: List<string>;
  readonly ReadonlyPaths?: List<string>;
  readonly Init?: boolean | null;
}

export interface EndpointIpamConfig {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
  readonly LinkLocalIPs?: List<string>;
}

/** A container's place in a network. */
export interface EndpointSettings {
  readonly IPAMConfig: EndpointIpamConfig | null;
  readonly Links: List<string>;
  readonly Aliases: List<string>;
  readonly NetworkID: string;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly MacAddress: string;
  readonly DriverOpts: Dictionary<string>;
}

export interface NetworkingConfig {
  readonly EndpointsConfig?: Dictionary<Partial<EndpointSettings>>;
}

/** The body of POST /containers/create. */
export interface ContainerCreateRequest extends ContainerConfig {
  readonly HostConfig?: HostConfig | null;
  readonly NetworkingConfig?: NetworkingConfig | null;
}
