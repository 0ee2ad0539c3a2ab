/** What the daemon tells of itself and its host. */

import type { ContainerSummary } from "./container.ts";
import type { Dictionary, List } from "./container-config.ts";
import type { ImageSummary } from "./image.ts";
import type { Volume } from "./volume.ts";

export interface VersionComponent {
  /** `Engine`, `containerd`, `runc`, `docker-init` */
  readonly Name: string;
  readonly Version: string;
  readonly Details?: Dictionary<string>;
}

/** GET /version. What stands beside Platform and Components says the Engine's again, for older clients. */
export interface Version {
  readonly Platform?: { readonly Name: string };
  readonly Components?: readonly VersionComponent[];
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion?: string;
  readonly GitCommit: string;
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion?: string;
  readonly Experimental?: boolean;
  readonly BuildTime?: string;
}

export interface Commit {
  readonly ID: string;
  readonly Expected: string;
}

export interface RuntimeInfo {
  readonly path: string;
  readonly runtimeArgs?: List<string>;
}

/** Networks are cut out of it: `{"Base":"10.10.0.0/16","Size":24}`. */
export interface AddressPoolInfo {
  readonly Base: string;
  readonly Size: number;
}

export interface IndexInfo {
  readonly Name: string;
  readonly Mirrors: List<string>;
  readonly Secure: boolean;
  readonly Official: boolean;
}

export interface RegistryConfig {
  readonly AllowNondistributableArtifactsCIDRs: List<string>;
  readonly AllowNondistributableArtifactsHostnames: List<string>;
  readonly InsecureRegistryCIDRs: List<string>;
  readonly IndexConfigs: Dictionary<IndexInfo>;
  readonly Mirrors: List<string>;
}

/** GET /info */
export interface Info {
  readonly ID: string;
  readonly Containers: number;
  readonly ContainersRunning: number;
  readonly ContainersPaused: number;
  readonly ContainersStopped: number;
  readonly Images: number;
  readonly Driver: string;
  readonly DriverStatus: List<readonly [string, string]>;
  readonly SystemStatus?: List<readonly [string, string]>;
  readonly Plugins: {
    readonly Volume: List<string>;
    readonly Network: List<string>;
    readonly Authorization: List<string>;
    readonly Log: List<string>;
  };
  readonly MemoryLimit: boolean;
  readonly SwapLimit: boolean;
  readonly KernelMemory: boolean;
  readonly KernelMemoryTCP?: boolean;
  readonly CpuCfsPeriod: boolean;
  readonly CpuCfsQuota: boolean;
  readonly CPUShares: boolean;
  readonly CPUSet: boolean;
  readonly PidsLimit: boolean;
  readonly IPv4Forwarding: boolean;
  readonly BridgeNfIptables: boolean;
  readonly BridgeNfIp6tables: boolean;
  readonly Debug: boolean;
  readonly NFd: number;
  readonly OomKillDisable: boolean;
  readonly NGoroutines: number;
  readonly SystemTime: string;
  readonly LoggingDriver: string;
  readonly CgroupDriver: string;
  readonly CgroupVersion?: string;
  readonly NEventsListener: number;
  readonly KernelVersion: string;
  readonly OperatingSystem: string;
  readonly OSVersion?: string;
  readonly OSType: string;
  readonly Architecture: string;
  readonly IndexServerAddress: string;
  readonly RegistryConfig: RegistryConfig | null;
  readonly NCPU: number;
  /** Bytes. */
  readonly MemTotal: number;
  readonly GenericResources: List<object>;
  readonly DockerRootDir: string;
  readonly HttpProxy: string;
  readonly HttpsProxy: string;
  readonly NoProxy: string;
  readonly Name: string;
  readonly Labels: List<string>;
  readonly ExperimentalBuild: boolean;
  readonly ServerVersion: string;
  readonly ClusterStore?: string;
  readonly ClusterAdvertise?: string;
  readonly Runtimes: Dictionary<RuntimeInfo>;
  readonly DefaultRuntime: string;
  readonly Swarm: {
    readonly NodeID: string;
    readonly NodeAddr: string;
    readonly LocalNodeState: string;
    readonly ControlAvailable: boolean;
    readonly Error: string;
    readonly RemoteManagers: List<object>;
  };
  readonly LiveRestoreEnabled: boolean;
  readonly Isolation: string;
  readonly InitBinary: string;
  readonly ContainerdCommit: Commit;
  readonly RuncCommit: Commit;
  readonly InitCommit: Commit;
  /** `name=seccomp,profile=default` */
  readonly SecurityOptions: List<string>;
  /** Left out if none were given. */
  readonly DefaultAddressPools?: List<AddressPoolInfo>;
  readonly Warnings: List<string>;
}

export interface BuildCache {
  readonly ID: string;
  readonly Type: string;
  /** RFC 3339. */
  readonly CreatedAt: string;
  readonly LastUsedAt?: string | null;
  readonly UsageCount: number;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
}

/** GET /system/df. Its summaries have the sizes that lists leave out. */
export interface DiskUsage {
  readonly LayersSize: number;
  readonly Images: List<ImageSummary>;
  readonly Containers: List<ContainerSummary>;
  readonly Volumes: List<Volume>;
  readonly BuildCache: List<BuildCache>;
  readonly BuilderSize?: number;
}

/** POST /build/prune */
export interface BuildCachePruneReport {
  readonly CachesDeleted: List<string>;
  readonly SpaceReclaimed: number;
}

/** The body of every answer that is an error. */
export interface ErrorResponse {
  readonly message: string;
}
