/** What 2019 needs of a host: runc, dockerd's bridge and packet filter, docker-init. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isStatic } from "@eras/linux/elf.ts";
import type { World2019 } from "../2019/world.ts";
import { type Check, judge } from "./check.ts";
import {
  busyboxCheck,
  capabilityCheck,
  cgroupChecks,
  hasApt,
  kernelCheck,
  lsmCheck,
  seccompCheck,
  terminalCheck,
} from "./host.ts";
import type { EraNeeds } from "./needs.ts";
import { containerNamespaces, GIVE_CAPABILITIES, type Tried } from "./tried.ts";

const LIMITS = {
  devices: "runc: each container has its devices",
  memory: "run --memory",
  cpu: "run --cpus",
  cpuset: "run --cpuset-cpus",
  pids: "run --pids-limit",
  freezer: "docker pause",
  blkio: "run --blkio-weight",
};

/** Order of the table. */
const TRIED: readonly Tried[] = [
  ...containerNamespaces("runc"),
  { probe: "net", capability: "network namespace", neededBy: "runc", required: true, remedy: GIVE_CAPABILITIES },
  {
    probe: "user",
    capability: "user namespace",
    neededBy: "containers of runc without root",
    required: false,
    remedy: "sysctl user.max_user_namespaces=10000; install util-linux",
  },
  {
    probe: "overlay",
    capability: "overlayfs on the state directory",
    neededBy: "overlay2; vfs, which copies, stands in",
    required: false,
    remedy:
      "modprobe overlay; if the state lies on an overlay itself, name a directory on ext4, xfs or tmpfs in ERAS_2019_ROOT",
  },
  { probe: "devpts", capability: "devpts instances", neededBy: "runc", required: true, remedy: GIVE_CAPABILITIES },
  { probe: "bridge", capability: "bridge", neededBy: "the default network", required: true, remedy: "modprobe bridge" },
  { probe: "veth", capability: "veth", neededBy: "the default network", required: true, remedy: "modprobe veth" },
];

export function needs2019(world: World2019): EraNeeds {
  return {
    world,
    rootVariable: "ERAS_2019_ROOT",
    tried: TRIED,
    hostChecks: async () => [
      kernelCheck(),
      capabilityCheck("runc, dockerd"),
      ...cgroupChecks("runc", LIMITS),
      seccompCheck("the default profile, --security-opt seccomp="),
      lsmCheck("--security-opt apparmor=, label="),
      iptablesCheck(),
      forwardingCheck(),
      dockerInitCheck(),
      busyboxCheck(),
      terminalCheck("run -it"),
    ],
  };
}

/** dockerd does without: published ports work then through docker-proxy alone, and containers reach the host and no further. */
function iptablesCheck(): Check {
  const { stdout } = spawnSync("iptables-restore", ["--version"], { encoding: "utf8" });
  return judge(
    {
      capability: "iptables",
      neededBy: "containers that reach beyond this host",
      required: false,
      remedy: "apt-get install iptables; without it, published ports go through docker-proxy alone",
    },
    stdout ? undefined : "not installed",
    stdout?.trim(),
  );
}

function forwardingCheck(): Check {
  const path = "/proc/sys/net/ipv4/ip_forward";
  const value = existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
  return judge(
    {
      capability: "IPv4 forwarding",
      neededBy: "containers that reach beyond this host",
      required: false,
      remedy: "use a kernel with CONFIG_INET",
    },
    value === undefined ? `there is no ${path}` : undefined,
    value === "1" ? "on" : "off; dockerd turns it on",
  );
}

/** Of the names that docker-2019/docker-init/find.ts looks for, in its order. */
function dockerInitCheck(): Check {
  const directories = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const program = ["docker-init", "tini-static", "tini"]
    .flatMap((name) => directories.map((directory) => join(directory, name)))
    .find((path) => existsSync(path) && isStatic(readFileSync(path)));
  return judge(
    {
      capability: "docker-init",
      neededBy: "run --init",
      required: false,
      remedy: "apt-get install tini",
    },
    program || hasApt() ? undefined : "no static docker-init or tini, no apt",
    program ?? "to be fetched from Debian's package tini",
  );
}
