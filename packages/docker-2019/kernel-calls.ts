/** What a traced program of 2019 asks of the kernel. */
import { observeCalls, reportCall } from "@eras/linux/libc.ts";
import { MS_BIND, MS_RDONLY, MS_REC, MS_REMOUNT, MS_SLAVE } from "@eras/linux/mount.ts";
import { CLONE_NEWNS } from "@eras/linux/namespaces.ts";
import { traceKernelCall } from "@eras/trace/kernel.ts";

/** From here on tells of each call that it makes. */
export function observeKernel(): void {
  observeCalls(traceKernelCall);
}

/** Tells of the calls that led to this program. @param sealed - As in tracing.ts. */
export function tellOfStart({ sealed }: { readonly sealed: boolean }): void {
  if (sealed) tellOfSealing();
  reportCall("execve", [process.argv0, process.argv.join(" ")]); // a shell script of bin/ has just become this program
}

/** What unshare(1) and mount(8) have done for us, who could not tell of it then. */
function tellOfSealing(): void {
  const node = process.execPath;
  reportCall("unshare", [CLONE_NEWNS]);
  reportCall("mount", ["none", "/", null, MS_REC | MS_SLAVE, null]);
  reportCall("mount", [node, node, null, MS_BIND | MS_RDONLY, null]); // the kernel binds, and forgets that it is to be read-only …
  reportCall("mount", ["none", node, null, MS_REMOUNT | MS_BIND | MS_RDONLY, null]); // … unless it is told once more
}
