/**
 * What lxc-start and its init say to each other, over two pipes, one line of JSON a message. Both sides read and write synchronously.
 *
 *     lxc-start                                   init
 *     starts it in new namespaces ───────────────▶ starts up
 *                    (fd 4)  ◀── Started ───────── asks to die with its parent, then says that it is there
 *     makes the cgroup, the network, the id maps
 *     the plan ──────────────── (fd 3) ──────────▶ mounts, pivots, gives up its privileges
 *                    (fd 4)  ◀── Failed, or the end of the file: execve has closed the pipe
 *
 * If lxc-start is killed meanwhile, the init reads the end of the file in place of a plan.
 */
import { readSync, writeSync } from "node:fs";
import type { ContainerConfig } from "./config.ts";

/** The init's descriptors of the two pipes. */
export const PLAN_FD = 3;
export const REPORT_FD = 4;

/** All that the init needs to know. */
export interface InitPlan {
  readonly config: ContainerConfig;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Names on the host of the terminals that lxc-start opened. */
  readonly terminals: { readonly console?: string; readonly ttys: readonly string[] };
  /** By writing to these it joins the container's cgroup. */
  readonly cgroupFiles: readonly string[];
  /** The compiled policy, base64. */
  readonly seccompFilter?: string;
}

/** The init runs; `pid` is the host's number for it. */
export interface Started {
  readonly pid: number;
}

/** The init can't go on, and ends. */
export interface Failed {
  readonly error: string;
}

/** Writes a message. */
export function send(fd: number, message: InitPlan | Started | Failed): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(fd, bytes, sent);
}

/** Waits for a message; undefined when the other side has closed the pipe. */
export function receive<Message>(fd: number): Message | undefined {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const length = readSync(fd, chunk);
    if (length === 0) return undefined;
    chunks.push(chunk.subarray(0, length));
    // The two sides take turns, so a newline can only be the end of the message.
    if (chunk[length - 1] === 0x0a) return JSON.parse(Buffer.concat(chunks).toString()) as Message;
  }
}
