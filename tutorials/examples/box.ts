/**
 * A container by hand: `node box.ts [--without WALL] ROOT COMMAND…` runs COMMAND with ROOT as its "/", behind seven walls: mounts, name, messages,
 * processes, network, root, capabilities. Each but the first can be left out, to see what it is for.
 *
 *     box ──unshare, spawn──▶ the same program again, born behind the walls ──execve──▶ COMMAND
 */
import { spawnSync } from "node:child_process";
import { capabilityNumber, dropBoundingCapability } from "@eras/linux/capabilities.ts";
import { execve, findProgram, restoreInheritedState } from "@eras/linux/exec.ts";
import { sethostname } from "@eras/linux/hostname.ts";
import { MNT_DETACH, MS_BIND, MS_PRIVATE, MS_REC, mount, umount } from "@eras/linux/mount.ts";
import {
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  unshare,
} from "@eras/linux/namespaces.ts";
import { pivotRoot } from "@eras/linux/pivot-root.ts";

const WALLS = {
  mounts: CLONE_NEWNS,
  name: CLONE_NEWUTS,
  messages: CLONE_NEWIPC,
  processes: CLONE_NEWPID,
  network: CLONE_NEWNET,
};
const DANGEROUS = ["sys_module", "sys_boot", "sys_time", "mknod", "sys_rawio"];

/** Builds the walls, and starts the rest of us behind them: a new PID namespace is for children only. */
export function outside(without: string, words: readonly string[]): number {
  const walls = Object.entries(WALLS).filter(([wall]) => wall !== without);
  unshare(walls.reduce((flags, [, flag]) => flags | flag, 0));
  const { status } = spawnSync(process.execPath, [import.meta.filename, "--inside", without, ...words], {
    stdio: "inherit",
  });
  return status ?? 1;
}

/** Furnishes the room from within, and becomes the command. */
export function inside(without: string, root: string, command: readonly string[]): never {
  mount(null, "/", null, MS_PRIVATE | MS_REC, null); // what we mount is nobody else's
  if (without !== "name") sethostname("box");
  if (without !== "root") changeRoot(root);
  if (without !== "capabilities") for (const name of DANGEROUS) dropBoundingCapability(capabilityNumber(name));
  const program = findProgram(command[0]!, "/bin:/usr/bin:/sbin:/usr/sbin");
  restoreInheritedState(); // Node has changed a few things that a program inherits
  return execve(program, command, { PATH: "/bin:/usr/bin:/sbin:/usr/sbin" });
}

/** Swaps "/" for `root`, and lets the old one go. */
export function changeRoot(root: string): void {
  mount(root, root, null, MS_BIND | MS_REC, null); // only a mount can become a root
  process.chdir(root);
  mount("proc", "proc", "proc", 0, null); // the processes of whoever mounts it: by now, ours
  pivotRoot(".", "."); // stacks the old root on top of the new one …
  umount(".", MNT_DETACH); // … and takes it away
  process.chdir("/");
}

/** Without a table of mounts of its own, the box would change the root of the whole machine. */
function leaveOut(wall: string, words: readonly string[]): number {
  const walls = [...Object.keys(WALLS), "root", "capabilities"];
  if (wall !== "mounts" && walls.includes(wall)) return outside(wall, words);
  const why = wall === "mounts" ? "the root of your whole machine would change" : `the walls are ${walls.join(", ")}`;
  console.error(`box: Cannot leave out "${wall}": ${why}`);
  return 1;
}

const [, , ...words] = process.argv;
if (words[0] === "--inside") inside(words[1]!, words[2]!, words.slice(3));
else if (words[0] === "--without") process.exit(leaveOut(words[1] ?? "", words.slice(2)));
else process.exit(outside("", words));
