/** Terminals that lxc-start keeps for a container: `lxc.tty` of them for gettys, and one for /dev/console. */
import { createWriteStream, fchownSync } from "node:fs";
import { openpty, type Pty } from "@eras/linux/tty.ts";
import { type ContainerConfig, hostIdOfRoot, type IdMapLine } from "./config.ts";
import type { InitPlan } from "./sync.ts";

/**
 * Opens the terminals. The masters stay open in lxc-start; what the container prints on its console goes to the file of `lxc.console`.
 *
 * @returns The names of the slaves, which the init mounts into the container.
 */
export function openTerminals({ tty, console = "none", idMap }: ContainerConfig): InitPlan["terminals"] {
  const ttys = Array.from({ length: tty }, () => openTerminal(idMap).path);
  return console === "none" ? { ttys } : { ttys, console: openConsole(console, idMap) };
}

function openTerminal(idMap: readonly IdMapLine[]): Pty {
  const terminal = openpty();
  const [user, group] = [hostIdOfRoot(idMap, "u"), hostIdOfRoot(idMap, "g")];
  if (user !== undefined && group !== undefined) fchownSync(terminal.slave, user, group);
  return terminal;
}

function openConsole(file: string, idMap: readonly IdMapLine[]): string {
  const { master, path } = openTerminal(idMap);
  const { ReadStream } = process.getBuiltinModule("node:tty"); // on use: few containers have a console
  new ReadStream(master).pipe(createWriteStream(file, { flags: "a" }));
  return path;
}
