/**
 * What `linux.resources` of config.json must be. Whether a cgroup takes it, its kernel says: the limits here are those that hold
 * everywhere.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#control-groups
 */
import {
  boolean,
  type Check,
  integer,
  list,
  object,
  oneOf,
  record,
  size,
  sizeOrUnlimited,
  string,
  uint32,
  where,
} from "../check.ts";
import { show } from "../findings.ts";
import type {
  LinuxBlockIO,
  LinuxCPU,
  LinuxDeviceCgroup,
  LinuxHugepageLimit,
  LinuxInterfacePriority,
  LinuxMemory,
  LinuxNetwork,
  LinuxPids,
  LinuxRdma,
  LinuxResources,
  LinuxThrottleDevice,
  LinuxWeightDevice,
} from "./config-linux.ts";

/** The kernel's numbers of a device have 12 and 20 bits; -1 means every one. */
export const MAJOR_MAX = 0xfff;
export const MINOR_MAX = 0xf_ffff;
const major = integer(0, MAJOR_MAX);
const minor = integer(0, MINOR_MAX);

const deviceRule: Check<LinuxDeviceCgroup> = object<LinuxDeviceCgroup>(
  { allow: boolean },
  {
    type: oneOf(["a", "b", "c"], "a kind of device: a, b or c"),
    major: integer(-1, MAJOR_MAX),
    minor: integer(-1, MINOR_MAX),
    access: where(string, (value, place) => {
      if (!/[rwm]/.test(value)) place.problem(`${show(value)} is not made of r, w and m`); // runc passes over other letters
    }),
  },
  ({ access }, place) => {
    if (access === undefined) place.at("access").problem("missing"); // optional by the specification; runc insists
  },
);

const memory: Check<LinuxMemory> = object<LinuxMemory>(
  {},
  {
    limit: sizeOrUnlimited,
    reservation: sizeOrUnlimited,
    swap: sizeOrUnlimited,
    kernel: sizeOrUnlimited,
    kernelTCP: sizeOrUnlimited,
    swappiness: integer(0, 100),
    disableOOMKiller: boolean,
    useHierarchy: boolean,
    checkBeforeUpdate: boolean,
  },
  ({ kernel, kernelTCP, limit = 0, swap = 0 }, place) => {
    for (const [name, value] of Object.entries({ kernel, kernelTCP })) {
      if (value !== undefined) place.at(name).warn("the kernel has no such limit any more, and it is left out");
    }
    if (swap > 0 && swap < limit) place.at("swap").problem(`${swap} is less than memory alone may have, ${limit}`);
  },
);

const cpu: Check<LinuxCPU> = object<LinuxCPU>(
  {},
  {
    shares: size,
    quota: sizeOrUnlimited,
    burst: size,
    period: size,
    realtimeRuntime: sizeOrUnlimited,
    realtimePeriod: size,
    cpus: string,
    mems: string,
    idle: integer(0, 1),
  },
);

/** 0, which Docker writes for no weight, or one that the kernel takes. */
const weight = where(integer(0, 1000), (value, place) => {
  if (value > 0 && value < 10) place.problem(`${value} is less than 10`);
});
const throttles = list(object<LinuxThrottleDevice>({ major, minor, rate: size }, {}));

const blockIO: Check<LinuxBlockIO> = object<LinuxBlockIO>(
  {},
  {
    weight,
    leafWeight: weight,
    weightDevice: list(object<LinuxWeightDevice>({ major, minor }, { weight, leafWeight: weight })),
    throttleReadBpsDevice: throttles,
    throttleWriteBpsDevice: throttles,
    throttleReadIOPSDevice: throttles,
    throttleWriteIOPSDevice: throttles,
  },
);

const hugepageLimit: Check<LinuxHugepageLimit> = object<LinuxHugepageLimit>(
  {
    pageSize: where(string, (value, place) => {
      if (!/^[1-9][0-9]*[KMG]B$/.test(value)) place.problem(`${show(value)} is not a size of pages such as 2MB`);
    }),
    limit: size,
  },
  {},
);

/** Names of files, which are not to lead elsewhere. */
const unified = where(record(string), (files, place) => {
  for (const name of Object.keys(files)) {
    if (!/^[\w.-]+\.[\w.-]+$/.test(name) || name.includes("..")) place.at(name).problem("not a file of cgroup v2");
  }
});

/** All of `linux.resources`. */
export const checkResources: Check<LinuxResources> = object<LinuxResources>(
  {},
  {
    devices: list(deviceRule),
    memory,
    cpu,
    pids: object<LinuxPids>({ limit: sizeOrUnlimited }, {}),
    blockIO,
    hugepageLimits: list(hugepageLimit),
    network: object<LinuxNetwork>(
      {},
      { classID: uint32, priorities: list(object<LinuxInterfacePriority>({ name: string, priority: uint32 }, {})) },
    ),
    rdma: record(object<LinuxRdma>({}, { hcaHandles: uint32, hcaObjects: uint32 })),
    unified,
  },
);
