/**
 * Out-of-memory notification on v1: an eventfd is registered with the cgroup, and the kernel adds to it when memory runs out.
 *
 *     cgroup.event_control ◀── "EVENTFD FD_OF_memory.oom_control"
 *     eventfd ──▶ read(2) of 8 bytes returns
 *
 * Node can't watch an eventfd in its event loop, so a thread of its pool sits in read(2). The pool has four threads in all and a
 * daemon many containers, so there is one eventfd, and one waiting thread, for all of them: it says only that something happened, and
 * a look at each memory.oom_control says where.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/memory.html#oom-control
 */
import { closeSync, openSync, read, writeSync } from "node:fs";
import { eventfd } from "@eras/linux/eventfd.ts";
import { ifPresent, writeControlFile } from "../control-file.ts";
import type { OutOfMemoryListener } from "../out-of-memory.ts";
import { type OomControl, readOomControl } from "./memory.ts";

interface Watched {
  readonly dir: string;
  readonly listener: OutOfMemoryListener;
  state: OomControl;
}

const watched = new Set<Watched>();
let eventFd: number | undefined;

/** Tells `listener` what happens in the memory cgroup `dir`. @returns Stops it. */
export function onOutOfMemory(dir: string, listener: OutOfMemoryListener): () => void {
  const entry: Watched = { dir, listener, state: readOomControl(dir) };
  eventFd ??= startReading();
  register(dir, eventFd);
  watched.add(entry);
  return () => forget(entry);
}

/** The thread that waits for nobody any more has to be woken to see it. */
function forget(entry: Watched): void {
  if (watched.delete(entry) && watched.size === 0) wake();
}

function register(dir: string, eventFd: number): void {
  const controlFd = openSync(`${dir}/memory.oom_control`, "r");
  try {
    writeControlFile(dir, "cgroup.event_control", `${eventFd} ${controlFd}`);
  } finally {
    closeSync(controlFd); // needed for the registration alone
  }
}

/** A thread that sits in read(2) would keep process.exit() waiting for ever. */
function startReading(): number {
  const fd = eventfd();
  process.once("exit", wake);
  readNext(fd);
  return fd;
}

function readNext(fd: number): void {
  read(fd, Buffer.alloc(8), 0, 8, null, () => {
    for (const entry of watched) look(entry);
    if (watched.size > 0) return readNext(fd);
    closeSync(fd);
    process.off("exit", wake);
    eventFd = undefined;
  });
}

function wake(): void {
  const one = Buffer.alloc(8);
  one.writeBigUInt64LE(1n);
  if (eventFd !== undefined) writeSync(eventFd, one);
}

/** Looks are 1, 2, 4 … 512 ms apart: one second in all. */
const LAST_PAUSE_MS = 512;

/**
 * Tells the listener if the event was this cgroup's.
 *
 * The kernel raises the event first, kills then and counts last, so an unchanged count is looked at again. With the killer disabled
 * nobody is killed: the news is that processes wait (`under_oom`). The end of a cgroup is an event too.
 */
function look(entry: Watched, pauseMs = 1): void {
  if (!watched.has(entry)) return;
  const now = ifPresent(() => readOomControl(entry.dir));
  if (now === undefined) end(entry);
  else if (isNews(now, entry.state)) entry.listener.killed();
  else if (pauseMs <= LAST_PAUSE_MS) setTimeout(look, pauseMs, entry, pauseMs * 2);
  entry.state = now ?? entry.state;
}

function isNews(now: OomControl, before: OomControl): boolean {
  return now.oomKills > before.oomKills || (isWaiting(now) && !isWaiting(before));
}

function end(entry: Watched): void {
  forget(entry);
  entry.listener.ended?.();
}

function isWaiting({ underOom, killerDisabled }: OomControl): boolean {
  return underOom && killerDisabled;
}
