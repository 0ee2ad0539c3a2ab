/**
 * What `linux` of config.json must be.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md
 */
import {
  absolutePath,
  boolean,
  type Check,
  integer,
  list,
  object,
  oneOf,
  record,
  string,
  uint32,
  where,
} from "../check.ts";
import { type Place, show } from "../findings.ts";
import type {
  Linux,
  LinuxDevice,
  LinuxIDMapping,
  LinuxIntelRdt,
  LinuxMemoryPolicy,
  LinuxNamespace,
  LinuxNetDevice,
  LinuxPersonality,
  LinuxTimeOffset,
} from "./config-linux.ts";
import { checkResources, MAJOR_MAX, MINOR_MAX } from "./validate-resources.ts";
import { checkSeccomp } from "./validate-seccomp.ts";

const namespace: Check<LinuxNamespace> = object<LinuxNamespace>(
  { type: oneOf(["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"], "a namespace") },
  {
    path: where(string, (value, place) => {
      if (value !== "" && !value.startsWith("/")) place.problem(`${show(value)} is not an absolute path`);
    }),
  },
);

const namespaces = list(namespace, (all, place) => {
  const seen = new Set<string>();
  for (const [i, { type }] of all.entries()) {
    if (seen.has(type)) place.at(i).at("type").problem(`"${type}" is there twice`);
    seen.add(type);
  }
});

/** IDs have 32 bits, and the last one means none. */
const ID_COUNT = 0xffff_ffff;
const idMapping: Check<LinuxIDMapping> = object<LinuxIDMapping>(
  { containerID: uint32, hostID: uint32, size: integer(1, ID_COUNT) },
  {},
  ({ containerID, hostID, size }, place) => {
    if (Math.max(containerID, hostID) + size > ID_COUNT)
      place.at("size").problem(`${size} IDs lead beyond the last one`);
  },
);
/** Of a user namespace, or of a mount. */
export const idMappings = list(idMapping);

const device: Check<LinuxDevice> = object<LinuxDevice>(
  { path: absolutePath, type: oneOf(["b", "c", "u", "p"], "a kind of device: b, c, u or p") },
  { major: integer(0, MAJOR_MAX), minor: integer(0, MINOR_MAX), fileMode: uint32, uid: uint32, gid: uint32 },
  ({ type, major, minor }, place) => {
    if (type === "p") return;
    if (major === undefined) place.at("major").problem("missing");
    if (minor === undefined) place.at("minor").problem("missing");
  },
);

/** Those of mount(8); empty means that nothing is said. */
// biome-ignore format: a table
const PROPAGATIONS = ["", "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"] as const;

/** A cgroup that is not to lead out of its own tree. */
const cgroupsPath = where(string, (value, place) => {
  if (value.split("/").includes("..")) place.problem(`${show(value)} leads up with ".."`);
});

const intelRdt: Check<LinuxIntelRdt> = object<LinuxIntelRdt>(
  {},
  {
    closID: where(string, (value, place) => {
      if (value === "." || value === ".." || (value.length > 1 && value.includes("/")))
        place.problem(`${show(value)} is not a name of a directory`);
    }),
    schemata: list(string),
    l3CacheSchema: string,
    memBwSchema: string,
    enableCMT: boolean,
    enableMBM: boolean,
    enableMonitoring: boolean,
  },
);

const memoryPolicy: Check<LinuxMemoryPolicy> = object<LinuxMemoryPolicy>(
  {
    mode: oneOf(
      [
        "MPOL_DEFAULT",
        "MPOL_BIND",
        "MPOL_INTERLEAVE",
        "MPOL_WEIGHTED_INTERLEAVE",
        "MPOL_PREFERRED",
        "MPOL_PREFERRED_MANY",
        "MPOL_LOCAL",
      ],
      "a memory policy",
    ),
  },
  {
    nodes: string,
    flags: list(
      oneOf(["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"], "a flag of memory policies"),
    ),
  },
);

const personality: Check<LinuxPersonality> = object<LinuxPersonality>(
  { domain: oneOf(["LINUX", "LINUX32"], "a personality") },
  {
    flags: list(string, (flags, place) => {
      if (flags.length > 0) place.warn("no flag is defined, and all are left out");
    }),
  },
);

const timeOffset = object<LinuxTimeOffset>({}, { secs: integer(), nanosecs: integer(0, 999_999_999) });
const timeOffsets = where(record(timeOffset), (offsets, place) => {
  for (const clock of Object.keys(offsets)) {
    if (clock !== "monotonic" && clock !== "boottime") place.at(clock).problem("not a clock that can be set off");
  }
});

const netDevices = where(record(object<LinuxNetDevice>({}, { name: string })), (devices, place) => {
  for (const [name, { name: newName = "" }] of Object.entries(devices)) {
    interfaceName(name, place.at(name));
    if (newName !== "") interfaceName(newName, place.at(name).at("name"));
  }
});

/** What dev_valid_name() of net/core/dev.c lets pass. */
function interfaceName(name: string, place: Place): void {
  const valid = /^[^\s/:]{1,15}$/.test(name) && name !== "." && name !== "..";
  if (!valid) place.problem(`${show(name)} is not a name of a network interface`);
}

/** All of `linux`. */
export const checkLinux: Check<Linux> = object<Linux>(
  {},
  {
    uidMappings: idMappings,
    gidMappings: idMappings,
    sysctl: record(string),
    resources: checkResources,
    cgroupsPath,
    namespaces,
    devices: list(device),
    netDevices,
    seccomp: checkSeccomp,
    rootfsPropagation: oneOf(PROPAGATIONS, "a propagation of mounts"),
    maskedPaths: list(absolutePath),
    readonlyPaths: list(absolutePath),
    mountLabel: string,
    intelRdt,
    memoryPolicy,
    personality,
    timeOffsets,
  },
);
