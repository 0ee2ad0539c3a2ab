/** What 2013 needs of a host: lxc-start, its configuration's words, and the ports. */
import { readFileSync } from "node:fs";
import type { World } from "../world.ts";
import { type Check, judge } from "./check.ts";
import {
  busyboxCheck,
  CONTROLLERS,
  type Controller,
  capabilityCheck,
  cgroupChecks,
  kernelCheck,
  lsmCheck,
  seccompCheck,
  terminalCheck,
} from "./host.ts";
import type { EraNeeds } from "./needs.ts";
import { portChecks } from "./ports.ts";
import { containerNamespaces, GIVE_CAPABILITIES, type Tried } from "./tried.ts";

const LIMITS = Object.fromEntries(CONTROLLERS.map((name) => [name, `lxc.cgroup.${name}`])) as Record<
  Controller,
  string
>;

/** Order of the table. */
const TRIED: readonly Tried[] = [
  ...containerNamespaces("lxc-start"),
  {
    probe: "net",
    capability: "network namespace",
    neededBy: "lxc.network.type",
    required: false,
    remedy: GIVE_CAPABILITIES,
  },
  {
    probe: "user",
    capability: "user namespace",
    neededBy: "lxc.id_map",
    required: false,
    remedy: "sysctl user.max_user_namespaces=10000; install util-linux",
  },
  {
    probe: "cgroup",
    capability: "cgroup namespace",
    neededBy: "nothing in 2013",
    required: false,
    remedy: GIVE_CAPABILITIES,
  },
  {
    probe: "time",
    capability: "time namespace",
    neededBy: "nothing in 2013",
    required: false,
    remedy: "use Linux 5.6 or later",
  },
  {
    probe: "overlay",
    capability: "overlayfs on the state directory",
    neededBy: "the union mount",
    required: true,
    remedy:
      "modprobe overlay; if the state lies on an overlay itself, name a directory on ext4, xfs or tmpfs in ERAS_2013_ROOT",
  },
  { probe: "devpts", capability: "devpts instances", neededBy: "lxc.pts", required: true, remedy: GIVE_CAPABILITIES },
  { probe: "bridge", capability: "bridge", neededBy: "lxc.network.link", required: false, remedy: "modprobe bridge" },
  {
    probe: "veth",
    capability: "veth",
    neededBy: "lxc.network.type = veth",
    required: false,
    remedy: "modprobe veth",
  },
];

export function needs2013(world: World): EraNeeds {
  return {
    world,
    rootVariable: "ERAS_2013_ROOT",
    tried: TRIED,
    hostChecks: async () => [
      kernelCheck(),
      capabilityCheck("lxc-start"),
      ...cgroupChecks("lxc-start", LIMITS),
      unionCheck(),
      seccompCheck("lxc.seccomp"),
      lsmCheck("lxc.aa_profile, lxc.se_context"),
      ...(await portChecks(world)),
      busyboxCheck(),
      terminalCheck("run -i -t"),
    ],
  };
}

function unionCheck(): Check {
  const aufs = /\taufs$/m.test(readFileSync("/proc/filesystems", "utf8")); // to ask more of the kernel takes capabilities
  return judge(
    { capability: "aufs", neededBy: "nothing: overlayfs stands in", required: false, remedy: "" },
    aufs ? undefined : "not in this kernel",
    "in this kernel",
  );
}
