/**
 * `docker stats`: what a container takes, once a second. containerd asks the shim, which reads the container's cgroup.
 *
 * @see https://docs.docker.com/engine/api/v1.40/#operation/ContainerStats
 */
import { readFileSync } from "node:fs";
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { isErrno } from "@eras/linux/errno.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import type { ContainerStats, CpuStats, NetworkStats } from "../../engine-api/stats.ts";
import type { Container } from "../container/container.ts";
import { ZERO_TIME } from "../container/state.ts";
import { drained } from "../drained.ts";
import { log } from "../log.ts";
import { NO_CPU, NO_USAGE, usageOf } from "./cgroup-usage.ts";
import type { Daemon } from "./daemon.ts";

const INTERVAL_MS = 1000;

/**
 * Sends samples until the client goes, or the container is removed; of a container that does not run, empty ones.
 *
 * @param isStream - Otherwise one alone is sent, the second that is taken: usage of processors is told by the difference of two.
 */
export async function sendStats(
  daemon: Daemon,
  container: Container,
  { isStream }: { readonly isStream: boolean },
  client: Writable,
  gone: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort();
  gone.addEventListener("abort", end, { once: true });
  void container.state.wait("removed", over.signal).then(end);
  let before = { cpu_stats: NO_CPU, read: ZERO_TIME };
  for (let isFirst = true; !over.signal.aborted && !gone.aborted; isFirst = false) {
    const { sample, isEmpty } = await sampleOf(daemon, container, before);
    before = sample;
    const isSent = isStream || !isFirst || isEmpty;
    if (isSent && !client.write(`${JSON.stringify(sample)}\n`)) await drained(client);
    if (!isStream && (!isFirst || isEmpty)) break;
    await delay(INTERVAL_MS, undefined, { signal: over.signal }).catch(() => {}); // over: the loop ends
  }
  end(); // nobody waits for a removal any more
  client.end();
}

async function sampleOf(
  { containerd }: Daemon,
  { id, record: { Name }, state, hostConfig }: Container,
  before: { readonly cpu_stats: CpuStats; readonly read: string },
): Promise<{ readonly sample: ContainerStats; readonly isEmpty: boolean }> {
  const data = state.isRunning ? await metricsOf(containerd, id) : undefined;
  const frame = { num_procs: 0, storage_stats: {}, name: Name, id };
  const pre = { preread: before.read, precpu_stats: before.cpu_stats };
  if (data === undefined) return { sample: { read: ZERO_TIME, ...pre, ...NO_USAGE, ...frame }, isEmpty: true };
  const networks = hostConfig.NetworkMode === "host" ? undefined : networksOf(state.record.Pid);
  const read = new Date().toISOString();
  return { sample: { read, ...pre, ...usageOf(data), ...frame, ...(networks && { networks }) }, isEmpty: false };
}

/** Undefined of a container that has just ended, and, after a word in the log, when containerd can't tell now. */
async function metricsOf(containerd: Daemon["containerd"], id: string): ReturnType<Daemon["containerd"]["metrics"]> {
  try {
    return await containerd.metrics(id);
  } catch (error) {
    if (!(error instanceof NotFound)) log("error", `collecting stats for ${id}: ${(error as Error).message}`);
    return undefined;
  }
}

/** By interface, but for the loopback. @see https://man7.org/linux/man-pages/man5/proc_pid_net.5.html */
function networksOf(pid: number): Record<string, NetworkStats> | undefined {
  const lines = readNetDev(pid).split("\n").slice(2).filter(Boolean);
  const interfaces = lines.map((line) => line.trim().split(/[\s:]+/)).filter(([name]) => name !== "lo");
  return interfaces.length > 0
    ? Object.fromEntries(interfaces.map(([name, ...counts]) => [name, told(counts)]))
    : undefined;
}

/** Eight of what came, eight of what went. */
function told(counts: readonly string[]): NetworkStats {
  const [rx_bytes, rx_packets, rx_errors, rx_dropped] = counts.slice(0, 4).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const [tx_bytes, tx_packets, tx_errors, tx_dropped] = counts.slice(8, 12).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { rx_bytes, rx_packets, rx_errors, rx_dropped, tx_bytes, tx_packets, tx_errors, tx_dropped };
}

function readNetDev(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/net/dev`, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL", "ESRCH")) return ""; // it has just ended
    throw error;
  }
}
