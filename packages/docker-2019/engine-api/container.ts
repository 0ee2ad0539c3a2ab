/**
 * What the daemon tells of a container: in full (GET /containers/ID/json), in a list (GET /containers/json), and in answer to what is done
 * with it. Times are RFC 3339 with nanoseconds; `0001-01-01T00:00:00Z` is never.
 */
import type {
  ContainerConfig,
  Dictionary,
  EndpointSettings,
  HostConfig,
  List,
  Mount,
  PortBinding,
} from "./container-config.ts";
import type { GraphDriverData } from "./image.ts";

/** What one check of its health has shown. */
export interface HealthcheckResult {
  readonly Start: string;
  readonly End: string;
  readonly ExitCode: number;
  readonly Output: string;
}

export interface Health {
  readonly Status: "none" | "starting" | "healthy" | "unhealthy";
  readonly FailingStreak: number;
  /** The last five. */
  readonly Log: List<HealthcheckResult>;
}

export type ContainerStatus = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

export interface ContainerState {
  readonly Status: ContainerStatus;
  /** True of a paused one too. */
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  /** 0 when it has no process. */
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Health?: Health;
}

/** A mount of a container, as it has come out of `-v`, `--mount`, `--volumes-from` and the image's volumes. */
export interface MountPoint {
  readonly Type: Mount["Type"];
  /** Of a volume. */
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  /** Of a volume. */
  readonly Driver?: string;
  /** `ro`, `z`, … as it was asked for. */
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation: string;
}

export interface NetworkAddress {
  readonly Addr: string;
  readonly PrefixLen: number;
}

export interface NetworkSettings {
  readonly Bridge: string;
  readonly SandboxID: string;
  readonly HairpinMode: boolean;
  readonly LinkLocalIPv6Address: string;
  readonly LinkLocalIPv6PrefixLen: number;
  /** By port: where it is published; null when it is only exposed. */
  readonly Ports: Dictionary<List<PortBinding>>;
  readonly SandboxKey: string;
  readonly SecondaryIPAddresses: List<NetworkAddress>;
  readonly SecondaryIPv6Addresses: List<NetworkAddress>;
  // Of the default bridge, said here again for clients older than Networks.
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly MacAddress: string;
  readonly Networks: Dictionary<EndpointSettings>;
}

/** GET /containers/ID/json */
export interface ContainerJson {
  readonly Id: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly State: ContainerState;
  /** The image's ID: `sha256:…`; the name it was created from is in Config. */
  readonly Image: string;
  readonly ResolvConfPath: string;
  readonly HostnamePath: string;
  readonly HostsPath: string;
  readonly LogPath: string;
  /** With a slash before it. */
  readonly Name: string;
  readonly RestartCount: number;
  /** The graph driver's name. */
  readonly Driver: string;
  readonly Platform: string;
  readonly MountLabel: string;
  readonly ProcessLabel: string;
  readonly AppArmorProfile: string;
  readonly ExecIDs: List<string>;
  readonly HostConfig: HostConfig;
  readonly GraphDriver: GraphDriverData;
  /** Bytes; with `?size=1`. */
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Mounts: readonly MountPoint[];
  readonly Config: ContainerConfig;
  readonly NetworkSettings: NetworkSettings;
}

export interface PublishedPort {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

/** One of GET /containers/json */
export interface ContainerSummary {
  readonly Id: string;
  /** Each with a slash before it; of a linked container, `/other/alias` too. */
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly Ports: readonly PublishedPort[];
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Labels: Dictionary<string>;
  readonly State: ContainerStatus;
  /** `Up 2 minutes (healthy)` */
  readonly Status: string;
  readonly HostConfig: { readonly NetworkMode?: string };
  readonly NetworkSettings: { readonly Networks: Dictionary<EndpointSettings> } | null;
  readonly Mounts: readonly MountPoint[];
}

/** POST /containers/create */
export interface ContainerCreateResponse {
  readonly Id: string;
  readonly Warnings: List<string>;
}

/** When POST /containers/ID/wait answers; empty is `not-running`. */
export type WaitCondition = "not-running" | "next-exit" | "removed";

/** POST /containers/ID/wait */
export interface ContainerWaitResponse {
  readonly Error: { readonly Message: string } | null;
  readonly StatusCode: number;
}

/** POST /containers/ID/update */
export interface ContainerUpdateResponse {
  readonly Warnings: List<string>;
}

/** GET /containers/ID/top: what ps printed, of this container's processes. */
export interface ContainerTopResponse {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[];
}

/** What a path has become since the image. */
export const CHANGE_KINDS = { modified: 0, added: 1, deleted: 2 } as const;

/** One of GET /containers/ID/changes, which is null when there are none. */
export interface ContainerChange {
  readonly Path: string;
  readonly Kind: (typeof CHANGE_KINDS)[keyof typeof CHANGE_KINDS];
}

/** POST /containers/prune */
export interface ContainersPruneReport {
  readonly ContainersDeleted: List<string>;
  readonly SpaceReclaimed: number;
}

/** The header `X-Docker-Container-Path-Stat` of /containers/ID/archive: this as JSON, in base64. */
export interface ContainerPathStat {
  readonly name: string;
  readonly size: number;
  /** Permissions and Go's bits of the type, which are not the kernel's: a directory is 1 << 31, a link 1 << 27. */
  readonly mode: number;
  readonly mtime: string;
  readonly linkTarget: string;
}

/** POST /commit, and others that make one thing. */
export interface IdResponse {
  readonly Id: string;
}
