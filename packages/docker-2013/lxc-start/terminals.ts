/** Terminals that lxc-start keeps for a container: `lxc.tty` of them for gettys, and one for /dev/console. */
import { createWriteStream } from "node:fs";
import { ReadStream } from "node:tty";
import { openpty } from "@eras/linux/tty.ts";
import type { ContainerConfig } from "./config.ts";
import type { InitPlan } from "./sync.ts";

/**
 * Opens the terminals. The masters stay open in lxc-start; what the container prints on its console goes to the file of `lxc.console`.
 *
 * @returns The names of the slaves, which the init mounts into the container.
 */
export function openTerminals({ tty, console = "none" }: ContainerConfig): InitPlan["terminals"] {
  const ttys = Array.from({ length: tty }, () => openpty().path);
  return console === "none" ? { ttys } : { ttys, console: openConsole(console) };
}

function openConsole(file: string): string {
  const { master, path } = openpty();
  new ReadStream(master).pipe(createWriteStream(file, { flags: "a" }));
  return path;
}
