/** Terminals that lxc-start keeps for a container: `lxc.tty` of them for gettys, and one for /dev/console. */
import { closeSync, createWriteStream, fchownSync, fstatSync, readlinkSync, statSync } from "node:fs";
import { isatty, openpty, type Pty } from "@eras/linux/tty.ts";
import { type ContainerConfig, hostIdOfRoot, type IdMapLine } from "./config.ts";
import type { InitPlan } from "./sync.ts";

/** The container's terminals. */
export interface Terminals {
  /** Of the slaves on the host: the init mounts them into the container. */
  readonly names: InitPlan["terminals"];
  /** Call when the container has ended: resolves when all that it wrote to its console is in the file. */
  readonly close: () => Promise<void>;
}

/** Opens the terminals. The masters stay open in lxc-start; what the container prints on its console goes to the file of `lxc.console`. */
export function openTerminals({ tty, console = "none", idMap, rootfs }: ContainerConfig): Terminals {
  const ttys = Array.from({ length: tty }, () => openTerminal(idMap).path);
  if (console !== "none") {
    const { path, close } = openConsole(console, idMap);
    return { names: { ttys, console: path }, close };
  }
  const own = rootfs === undefined ? undefined : ownTerminal();
  return { names: own === undefined ? { ttys } : { ttys, console: own }, close: async () => {} };
}

/**
 * The terminal that the container's program runs on, if any. Its name belongs to the host's devpts and leads nowhere inside; where it
 * is /dev/console as well, programs find it: ttyname(3). LXC 0.8 left `tty` saying "not a tty".
 */
function ownTerminal(): string | undefined {
  const fd = [0, 1, 2].find(isatty);
  if (fd === undefined) return undefined;
  const path = readlinkSync(`/proc/self/fd/${fd}`);
  return statSync(path, { throwIfNoEntry: false })?.rdev === fstatSync(fd).rdev ? path : undefined;
}

function openTerminal(idMap: readonly IdMapLine[]): Pty {
  const terminal = openpty();
  const [user, group] = [hostIdOfRoot(idMap, "u"), hostIdOfRoot(idMap, "g")];
  if (user !== undefined && group !== undefined) fchownSync(terminal.slave, user, group);
  return terminal;
}

function openConsole(file: string, idMap: readonly IdMapLine[]): { path: string; close: () => Promise<void> } {
  const { master, slave, path } = openTerminal(idMap);
  const { ReadStream } = process.getBuiltinModule("node:tty"); // on use: few containers have a console
  const writer = createWriteStream(file, { flags: "a" });
  const written = new Promise<void>((resolve) => writer.once("close", resolve));
  new ReadStream(master).on("error", () => writer.end()).pipe(writer); // EIO: no slave is open any more, and all has been read
  return {
    path,
    close: () => {
      closeSync(slave);
      return written;
    },
  };
}
