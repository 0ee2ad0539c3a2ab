/** Signals to lxc-start are meant for the container. */
import { isErrno } from "@eras/linux/errno.ts";
import { kill, signalNumber } from "@eras/linux/signals.ts";
import { isatty } from "@eras/linux/tty.ts";

const FORWARDED = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** Signals that a terminal sends, to all programs that run on it: on one, the container has had them already. */
const FROM_TERMINAL = ["SIGINT", "SIGQUIT", "SIGWINCH"] as const;

/**
 * From now on lxc-start survives signals and keeps them, until there is a program to forward them to. Without a handler of its own
 * for a signal that program ignores it, because it is PID 1 of its namespace: pid_namespaces(7).
 */
export function holdSignals(): { forwardTo(pid: number): void } {
  const held: NodeJS.Signals[] = [];
  let forward = (signal: NodeJS.Signals): void => void held.push(signal);
  for (const signal of FORWARDED) process.on(signal, () => forward(signal));
  for (const signal of FROM_TERMINAL) process.on(signal, isatty(0) ? () => {} : () => forward(signal));
  return {
    forwardTo(pid) {
      forward = (signal) => sendTo(pid, signal);
      held.forEach(forward);
    },
  };
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signalNumber(signal));
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error; // it has just ended by itself
  }
}
