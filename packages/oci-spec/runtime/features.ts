/**
 * What a runtime can do, whatever the machine can: `runc features` prints it.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md
 */

/** All of it. What is left out is unknown; an empty list means none. */
export interface Features {
  readonly ociVersionMin: string;
  readonly ociVersionMax: string;
  /** Names of `Hooks`. */
  readonly hooks?: readonly string[];
  /** Options of mounts that have a meaning to the runtime. */
  readonly mountOptions?: readonly string[];
  readonly linux?: LinuxFeatures;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Annotations that should not be taken over from an image that nobody vouches for. */
  readonly potentiallyUnsafeConfigAnnotations?: readonly string[];
}

/** Concerning Linux. */
export interface LinuxFeatures {
  readonly namespaces?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly cgroup?: CgroupFeatures;
  readonly seccomp?: SeccompFeatures;
  readonly apparmor?: { readonly enabled?: boolean };
  readonly selinux?: { readonly enabled?: boolean };
  readonly intelRdt?: { readonly enabled?: boolean };
  readonly mountExtensions?: { readonly idmap?: { readonly enabled?: boolean } };
}

/** Which cgroups, and whether systemd may make them. */
export interface CgroupFeatures {
  readonly v1?: boolean;
  readonly v2?: boolean;
  readonly systemd?: boolean;
  readonly systemdUser?: boolean;
  readonly rdma?: boolean;
}

/** Which words of a profile are understood. */
export interface SeccompFeatures {
  readonly enabled?: boolean;
  readonly actions?: readonly string[];
  readonly operators?: readonly string[];
  readonly archs?: readonly string[];
  readonly knownFlags?: readonly string[];
  /** Those that this kernel and library take too. */
  readonly supportedFlags?: readonly string[];
}
