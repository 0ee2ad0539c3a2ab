/** Makes a program of 2019 that calls the kernel a part of the run that its environment names. */
import { continueTracing, startTracing } from "@eras/trace/context.ts";

/**
 * Call first thing. From here on steps and kernel calls of this program are events of the run; untraced, nothing is loaded and nothing
 * happens.
 *
 * @param sealed - Whether bin/runc-2019 has had Node sealed before it started it: runc/sealed.ts.
 */
export async function traceProgram(actor: "runc", { sealed }: { readonly sealed: boolean }): Promise<void> {
  if (!startTracing(actor)) return;
  const { observeKernel } = await import("./kernel-calls.ts");
  observeKernel({ sealed });
}

/** For a forked process: what it does from here on is another actor's. @param pid - Its PID, as the one that has forked it knows it. */
export function traceFork(actor: "bootstrap" | "init", pid: number): void {
  continueTracing(actor, pid);
}
