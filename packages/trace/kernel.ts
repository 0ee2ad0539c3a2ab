/** Kernel calls as events: what the gate to libc saw. */
import { emit } from "./context.ts";

/** A call as the gate to the kernel reports it. */
interface ObservedCall {
  readonly call: string;
  readonly args: readonly unknown[];
  readonly result: number;
  readonly errno?: number;
  /** The child that makes the call, where its parent speaks for it. */
  readonly pid?: number;
}

/**
 * The calls that build, change, watch or end a container: what the trace claims. Everything else that a program asks of the kernel
 * (reading files, allocating memory) would drown them.
 */
export const TRACED_CALLS: ReadonlySet<string> = new Set([
  "clone", "unshare", "setns", "mount", "umount2", "pivot_root", "execve", "prctl", "seccomp", "kill",
  "mknod", "sethostname", "setsid", "capset", "fsopen", "fsconfig", "fsmount", "move_mount", "open_tree", "mount_setattr", "bpf",
]); // biome-ignore format: a table

/** Writes a call as an event, with the program's text arguments and numbers; addresses of buffers say nothing and are left out. */
export function traceKernelCall(record: ObservedCall): void {
  if (!TRACED_CALLS.has(record.call)) return;
  const args = record.args.map((arg) => (typeof arg === "bigint" ? Number(arg) : Buffer.isBuffer(arg) ? "…" : arg));
  const { call, result, errno, pid } = record;
  emit("kernel", call, { args: { args, result, ...(errno && { errno }) }, ...(pid && { pid }) });
}
