/**
 * Staying with a process of a container until it ends: what `run` and `exec` do without `--detach`. Signals go to the process, and with a
 * terminal keys and text go back and forth.
 */
import { constants } from "node:os";
import { kill } from "@eras/linux/signals.ts";
import { type ProcessStatus, waitForEnd } from "@eras/linux/wait.ts";
import type { TerminalProxy } from "../terminal/terminal-proxy.ts";

/** Not passed on: they are about us, and two can't be caught. */
const OURS: readonly string[] = ["SIGCHLD", "SIGURG", "SIGKILL", "SIGSTOP", "SIGPROF", "SIGWINCH"];

/**
 * Waits for the end of a child, and until all that it has printed on our terminal is there.
 *
 * @returns Its exit status, 128 + n if signal n ended it.
 */
export async function attend(pid: number, proxy?: TerminalProxy): Promise<number> {
  const copying = proxy?.open();
  const stop = forwardSignals(pid);
  const status = await waitForEnd(pid);
  stop();
  await copying?.ended;
  copying?.close();
  return exitStatus(status);
}

function forwardSignals(pid: number): () => void {
  const signals = Object.entries(constants.signals).filter(([name]) => !OURS.includes(name));
  const listeners = signals.map(([name, number]) => [name, () => pass(pid, number)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
}

/** It may have ended a moment ago. */
function pass(pid: number, signal: number): void {
  try {
    kill(pid, signal);
  } catch {}
}

function exitStatus(status: ProcessStatus): number {
  if (status.kind === "exited") return status.code;
  return status.kind === "signaled" ? 128 + status.signal : 0;
}
