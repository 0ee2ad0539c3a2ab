/**
 * docker-proxy, one process for each published port and address family. It outlives dockerd, as containers may, and is found again by what is
 * kept of it: its PID and when it started.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { isErrno } from "@eras/linux/errno.ts";
import { spawnChild } from "@eras/linux/exec.ts";
import { namespaceId } from "@eras/linux/namespaces.ts";
import { processExists, readProcessStat } from "@eras/linux/proc.ts";
import { kill, signalNumber } from "@eras/linux/signals.ts";
import { step } from "../../step.ts";
import type { ForwardedPort } from "./rules.ts";
import { parseAddress, type Subnet } from "./subnet.ts";

export interface ProxyProcess {
  readonly pid: number;
  /** Clock ticks since the start of the system. */
  readonly startTime: number;
}

const LISTENS = "0\n";

/** Starts a proxy, and waits until it listens. @throws {Error} With what it says when it can't. */
export async function startProxy(program: string, port: ForwardedPort): Promise<ProxyProcess> {
  step("dockerd.start-proxy", { ...port });
  const host = ["-proto", port.protocol, "-host-ip", port.hostIp, "-host-port", `${port.hostPort}`];
  const container = ["-container-ip", port.containerIp, "-container-port", `${port.containerPort}`];
  const child = spawnProxy(program, [...host, ...container]);
  const failure = new Promise<never>((_, reject) => child.once("error", reject));
  child.unref();
  const report = await Promise.race([text(child.stdio[3] as Readable), failure]);
  if (report === LISTENS) return { pid: child.pid, startTime: readProcessStat(child.pid).startTime };
  throw new Error(`Error starting userland proxy: ${report.replace(/^1\n/, "") || "it ended before it could listen"}`);
}

function spawnProxy(program: string, args: readonly string[]): ReturnType<typeof spawnChild> {
  try {
    return spawnChild(program, args, {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
      detached: true, // a Ctrl-C that is meant for dockerd is not for it
      cwd: "/",
    });
  } catch (cause) {
    const reason = isErrno(cause, "ENOENT") ? "no such file or directory" : (cause as Error).message;
    throw new Error(`fork/exec ${program}: ${reason}`, { cause });
  }
}

export function isAlive({ pid, startTime }: ProxyProcess): boolean {
  return processExists(pid, startTime);
}

/** How long a proxy may take to end, and how often it is looked whether it has: not all are children of ours. */
const END_MS = 2_000;
const LOOK_MS = 2;

/** Ends a proxy. When this is over its port is free. */
export async function stopProxy(proxy: ProxyProcess): Promise<void> {
  signal(proxy, "SIGINT");
  const deadline = performance.now() + END_MS;
  while (isAlive(proxy) && performance.now() < deadline) await delay(LOOK_MS);
  signal(proxy, "SIGKILL");
  while (isAlive(proxy)) await delay(LOOK_MS);
}

function signal(proxy: ProxyProcess, name: NodeJS.Signals): void {
  try {
    if (isAlive(proxy)) kill(proxy.pid, signalNumber(name));
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error; // it has just ended
  }
}

/** Ends proxies to containers of a subnet that nobody keeps: a daemon was killed before it had noted them. */
export function stopForgottenProxies(subnet: Subnet, kept: readonly ProxyProcess[]): void {
  const here = namespaceId("self", "net");
  for (const pid of readdirSync("/proc").map(Number).filter(Boolean)) {
    if (kept.some((proxy) => proxy.pid === pid)) continue;
    try {
      const [, address] = /^\S*docker-proxy -proto .* -container-ip ([\d.]+) /.exec(commandLine(pid)) ?? [];
      if (address === undefined || !subnet.contains(parseAddress(address))) continue;
      if (namespaceId(pid, "net") === here) process.kill(pid, "SIGINT");
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ESRCH")) throw error; // it has ended meanwhile
    }
  }
}

function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
}
