/**
 * Where the two genuine runtimes differ, although the bundle is the same, and each time why. What is hidden here is not compared
 * with crun; ours follows runc in all of it.
 */
import type { Picture } from "./comparable.ts";

/** What genuine runc 1.1 makes otherwise than the specification, crun and ours. */
export const RUNC_ALONE: Readonly<Record<string, string>> = {
  "a shared root": "it makes the root private again on its way",
  "mounts that are shared and slave":
    "it leaves the mounts alone at the end, where 1.2 applies rootfsPropagation to them",
  "a user namespace with files of the host's":
    "it binds them where their turn comes; copied outside, they are the oldest mounts",
};

/** Containers that crun 1.8 won't run, or that it understands otherwise. */
export const CRUN_REFUSES: Readonly<Record<string, string>> = {
  "no limit where -1 says so": "it writes -1 to pids.max",
  "an exec of a user, elsewhere": "it has no --additional-gids",
  "an exec": "its exec has the runtime's limits and session, and new privileges",
  "an exec beside what dockerd writes": "the same",
  "an exec at a terminal": "the same",
  "an exec in a user namespace": "the same",
  "an exec under a filter": "the same",
  "an exec with more and fewer capabilities": "--cap replaces the capabilities, where runc adds",
};

/** A text without the lines that match. */
const without = (text: string | undefined, line: RegExp) =>
  text
    ?.split("\n")
    .filter((candidate) => !line.test(candidate))
    .join("\n");
const inAnyOrder = (text: string | undefined) => text?.split("\n").sort().join("\n");

/** What of a picture crun and runc agree on. */
export function sharedWithCrun(picture: Picture): Record<string, string | undefined> {
  return {
    ...picture,
    // It refuses a machine with both versions of control groups, so the test hides the second from it.
    "cgroup unified": undefined,
    process: without(picture.process, /^0::/),
    // It has had more files open on its way, and the kernel remembers.
    status: without(picture.status, /^FDSize/),
    // It makes devices in another order, /dev/core too, and lets the container use the console but not /dev/net/tun. In a user
    // namespace it mounts the host's devices with other options, and gives the message queues a group.
    devices: inAnyOrder(without(picture.devices, /^'\/dev\/core'|^\/dev\/mqueue/)),
    "cgroup devices": without(picture["cgroup devices"], /c (5:1|10:200) rwm/),
    // Control groups, masks and the console are mounted in another order, with other options; the masks cover with the host's null.
    // A mount that asks to be shared is not.
    mounts: mountPoints(picture.mounts!),
    // It links names of controllers that are mounted together elsewhere, makes missing directories sticky, and those before a "..".
    root: without(picture.root, /net_(cls|prio)|\/mnt\/relative/)?.replaceAll(" 1755 ", " 755 "),
    // Its session keyring is called by the container's id alone.
    keys: undefined,
  };
}

const MOUNTED_ITS_WAY = /^\/(sys$|sys\/|proc\/|dev\/(console|null|zero|full|random|urandom|tty)|etc\/secret|root)/;

/** Place, options, type and source of each mount. */
function mountPoints(mounts: string): string {
  const fields = mounts.split("\n").map((line) => line.split(" "));
  return fields
    .filter(([, , , , mountPoint]) => !MOUNTED_ITS_WAY.test(mountPoint!))
    .map((line) =>
      line
        .slice(4)
        .filter((_, i) => i !== 2 || line[4] === "/")
        .join(" "),
    )
    .sort()
    .join("\n");
}
