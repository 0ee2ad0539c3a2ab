/** Checks that try: what probe.ts, in a process of its own, could do. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Check, judge } from "./check.ts";
import type { ProbeName, ProbeResults } from "./probe.ts";

const GIVE_CAPABILITIES = "inside a container, start that with --privileged";

/** Order of the table. */
const TRIED: readonly { probe: ProbeName; capability: string; neededBy: string; required: boolean; remedy: string }[] =
  [
    { probe: "mnt", capability: "mount namespace", neededBy: "lxc-start", required: true, remedy: GIVE_CAPABILITIES },
    { probe: "uts", capability: "uts namespace", neededBy: "lxc-start", required: true, remedy: GIVE_CAPABILITIES },
    { probe: "ipc", capability: "ipc namespace", neededBy: "lxc-start", required: true, remedy: GIVE_CAPABILITIES },
    { probe: "pid", capability: "pid namespace", neededBy: "lxc-start", required: true, remedy: GIVE_CAPABILITIES },
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

/**
 * Makes and removes one directory beside the daemon's state; leaves nothing behind.
 *
 * @param directory - On the file system of the daemon's state. Without one, what would be mounted there is not tried.
 */
export function triedChecks(directory: string | undefined): Check[] {
  const args = [join(import.meta.dirname, "probe.ts"), ...(directory === undefined ? [] : [directory])];
  const results: ProbeResults = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
  return TRIED.filter(({ probe }) => results[probe] !== undefined).map(({ probe, ...need }) =>
    judge(need, results[probe] || undefined),
  );
}
