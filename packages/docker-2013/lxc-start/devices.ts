/**
 * /dev of the container. In LXC 0.8 it came with the image, and the template's base images had the nodes in their tar; later an
 * image brought none and LXC made them (`lxc.autodev`, LXC 0.9, on by default since 2.0). Both are met here: without the key, /dev is made for
 * images that have no /dev/null.
 */
import { fstatSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { makedev, mknod, S_IFCHR } from "@eras/linux/mknod.ts";
import { MS_BIND, MS_NOEXEC, MS_NOSUID, mount } from "@eras/linux/mount.ts";
import { symlinkat } from "@eras/linux/open.ts";
import { step } from "../step.ts";
import type { ContainerConfig } from "./config.ts";
import { existsInside, makePlace, withPlace } from "./inside-root.ts";
import type { InitPlan } from "./sync.ts";

/** The devices that programs count on: Linux's Documentation/admin-guide/devices.txt. */
// biome-ignore format: a table
const NODES: readonly [name: string, major: number, minor: number][] = [
  ["null", 1, 3], ["zero", 1, 5], ["full", 1, 7], ["random", 1, 8], ["urandom", 1, 9], ["tty", 5, 0],
];

const LINKS = { fd: "/proc/self/fd", stdin: "/proc/self/fd/0", stdout: "/proc/self/fd/1", stderr: "/proc/self/fd/2" };

/** Makes /dev, if the image doesn't bring it or the configuration asks for it. */
export function makeDev(root: number, { autodev = !hasNull(root) }: ContainerConfig): void {
  step("init.make-dev", { autodev, target: "/dev" });
  if (!autodev) return;
  makePlace(root, "dev", "directory");
  withPlace(root, "dev", (dev) => mount("tmpfs", dev, "tmpfs", MS_NOSUID, "mode=755,size=500k"));
  for (const [name, major, minor] of NODES) makeNode(root, name, makedev(major, minor));
  withPlace(root, "dev", (_, fd) => {
    for (const [name, target] of Object.entries(LINKS)) symlinkat(target, fd, name);
  });
}

function hasNull(root: number): boolean {
  return existsInside(root, "dev/null") && withPlace(root, "dev/null", (_, fd) => fstatSync(fd).isCharacterDevice());
}

/** A node that we may not make (in a user namespace, or because the devices cgroup forbids it) is the host's, which may do no more. */
function makeNode(root: number, name: string, device: number): void {
  try {
    withPlace(root, "dev", (dev) => mknod(`${dev}/${name}`, S_IFCHR | 0o666, device));
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
    bindFile(root, `/dev/${name}`, `dev/${name}`);
  }
}

/**
 * Gives the container pseudoterminals of its own: an instance of devpts, unless an entry has mounted one, and /dev/ptmx that opens
 * them there.
 *
 * @see https://docs.kernel.org/filesystems/devpts.html
 */
export function makePts(root: number, { pts }: ContainerConfig): void {
  step("init.make-pts", { pts });
  if (pts === 0) return;
  if (!existsInside(root, "dev/pts/ptmx")) {
    makePlace(root, "dev/pts", "directory");
    const options = `newinstance,ptmxmode=0666,mode=0620,max=${pts}`;
    withPlace(root, "dev/pts", (place) => mount("devpts", place, "devpts", MS_NOSUID | MS_NOEXEC, options));
  }
  if (existsInside(root, "dev/ptmx")) bindInside(root, "dev/pts/ptmx", "dev/ptmx");
  else withPlace(root, "dev", (_, dev) => symlinkat("pts/ptmx", dev, "ptmx"));
}

/** Puts the terminals that lxc-start has opened at /dev/console, /dev/tty1 and so on, for a getty to run on. */
export function mountTerminals(root: number, terminals: InitPlan["terminals"], { devttydir }: ContainerConfig): void {
  step("init.mount-terminals", terminals);
  const named = terminals.ttys.map((tty, index): [string, string] => [`tty${index + 1}`, tty]);
  if (terminals.console) named.push(["console", terminals.console]);
  for (const [name, terminal] of named) {
    bindFile(root, terminal, devttydir ? `dev/${devttydir}/${name}` : `dev/${name}`);
    if (devttydir && !existsInside(root, `dev/${name}`)) {
      withPlace(root, "dev", (_, dev) => symlinkat(`${devttydir}/${name}`, dev, name));
    }
  }
}

function bindInside(root: number, from: string, to: string): void {
  withPlace(root, from, (source) => withPlace(root, to, (place) => mount(source, place, null, MS_BIND, null)));
}

function bindFile(root: number, source: string, target: string): void {
  makePlace(root, target, "file");
  withPlace(root, target, (place) => mount(source, place, null, MS_BIND, null));
}
