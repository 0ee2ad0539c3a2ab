/** Ctrl-C and its like, where a command has something to give back before it ends. */
import { signalNumber } from "@eras/linux/signals.ts";

const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Whoever started ctr has changed their mind. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** What a shell says of a program that a signal has ended. */
  readonly status: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.status = 128 + signalNumber(signal);
  }
}

/**
 * Calls `giveUp` at the first signal that would end ctr. A second one ends it at once: it may be that nobody heeds the first.
 *
 * @returns What ends that.
 */
export function onInterrupt(giveUp: (reason: Interrupted) => void): () => void {
  const end = () => {
    for (const name of INTERRUPTS) process.off(name, interrupt);
  };
  const interrupt = (name: NodeJS.Signals) => {
    end();
    giveUp(new Interrupted(name));
  };
  for (const name of INTERRUPTS) process.on(name, interrupt);
  return end;
}
