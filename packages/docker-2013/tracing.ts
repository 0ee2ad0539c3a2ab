/** Makes a program that calls the kernel (lxc-start, its init) a part of the run that its environment names. */
import { observeCalls, reportCall } from "@eras/linux/libc.ts";
import { startTracing } from "@eras/trace/context.ts";
import { traceKernelCall } from "@eras/trace/kernel.ts";

/** Call first thing. From here on steps and kernel calls of this program are events of the run; untraced, nothing happens. */
export function traceProgram(actor: "lxc-start" | "init"): void {
  if (!startTracing(actor)) return;
  observeCalls(traceKernelCall);
  // dockerd started bin/lxc-start-2013, a shell script, which has just become this program.
  if (actor === "lxc-start") reportCall("execve", [process.argv0, process.argv.join(" ")]);
}
