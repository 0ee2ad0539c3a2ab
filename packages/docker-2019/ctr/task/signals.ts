/** Signals that ctr gets and means for the task: Ctrl-C at a ctr without a terminal of the task's own ends the task, not ctr. */
import { signalNumber } from "@eras/linux/signals.ts";

/** Those that can be caught and are not about ctr itself (SIGCHLD, SIGWINCH, SIGPIPE). */
const FORWARDED = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGTERM",
  "SIGCONT",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
] as const;

/** Sends them on. @returns What ends that. */
export function forwardSignals(kill: (signal: number) => void): () => void {
  const send = (name: NodeJS.Signals) => kill(signalNumber(name));
  for (const name of FORWARDED) process.on(name, send);
  return () => {
    for (const name of FORWARDED) process.off(name, send);
  };
}
