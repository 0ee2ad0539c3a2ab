/** Makes a program of 2019 that calls the kernel a part of the run that its environment names. */
import { observeCalls, reportCall } from "@eras/linux/libc.ts";
import { continueTracing, startTracing } from "@eras/trace/context.ts";
import { traceKernelCall } from "@eras/trace/kernel.ts";

/** Call first thing. From here on steps and kernel calls of this program are events of the run; untraced, nothing happens. */
export function traceProgram(actor: "runc"): void {
  if (!startTracing(actor)) return;
  observeCalls(traceKernelCall);
  reportCall("execve", [process.argv0, process.argv.join(" ")]); // bin/runc-2019, a shell script, has just become this program
}

/** For a forked process: what it does from here on is another actor's. */
export function traceFork(actor: "bootstrap" | "init"): void {
  continueTracing(actor);
}
