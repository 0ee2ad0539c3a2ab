/** Makes a program of 2019 a part of the runs that are traced: a command of the one that its environment names, a daemon of many. */
import { continueTracing, startTracing } from "@eras/trace/context.ts";
import { adoptCall, isTracedCall, type TellAnswer, type TracedCall } from "@eras/trace/link.ts";

/**
 * Call first thing. From here on steps and kernel calls of this program are events of the run; untraced, nothing is loaded and nothing
 * happens.
 *
 * @param sealed - Whether bin/runc-2019 has had Node sealed before it started it: runc/init/sealed.ts.
 */
export async function traceProgram(
  actor: "docker" | "ctr" | "shim" | "runc",
  { sealed }: { readonly sealed: boolean } = { sealed: false },
): Promise<void> {
  if (!startTracing(actor)) return;
  const { observeKernel, tellOfStart } = await import("./kernel-calls.ts");
  observeKernel();
  tellOfStart({ sealed });
}

/** For a forked process: what it does from here on is another actor's. @param pid - Its PID, as the one that has forked it knows it. */
export function traceFork(actor: "bootstrap" | "init" | "copier" | "mapping", pid: number): void {
  continueTracing(actor, pid);
}

/** Answers a call of a client, as a part of its run if that is traced. Of calls that are not, nothing is told. @param work - As adoptCall's. */
export async function answerTraced<Result>(
  metadata: ReadonlyMap<string, string>,
  call: TracedCall,
  work: (tellAnswer?: TellAnswer) => Promise<Result>,
): Promise<Result> {
  if (!isTracedCall(metadata)) return work();
  const { observeKernel } = await import("./kernel-calls.ts");
  observeKernel();
  return adoptCall(metadata, call, work);
}
