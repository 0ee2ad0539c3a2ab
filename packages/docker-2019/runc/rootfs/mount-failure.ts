/**
 * What runc says when the root file system can't be made. Docker reads it: at `not a directory` it asks whether a directory was to be
 * mounted on a file.
 *
 *     error mounting "/srv" to rootfs at "/etc/passwd": mount /srv:/etc/passwd, flags: 0x5000: not a directory
 */
import type { Mount } from "@eras/oci-spec/runtime/config.ts";
import { errorText } from "../error-text.ts";
import type { EntryOptions } from "./mount-options.ts";

/** Calls `call`; to an error of it, puts what was being done in front: `error creating device nodes: mknod /dev/x: …`. */
export function attempt<Result>(doing: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw new Error(`${doing}: ${isKernelError(error) ? callWords(error, error.path) : (error as Error).message}`, {
      cause: error,
    });
  }
}

/** The error of an entry of `mounts`, with the kernel's as its cause. */
export function mountFailure(entry: Mount, options: EntryOptions, error: unknown): Error {
  const { source = "", destination } = entry;
  const reason = mountFailureReason(entry, options, error);
  return new Error(`error mounting ${JSON.stringify(source)} to rootfs at ${JSON.stringify(destination)}: ${reason}`, {
    cause: error,
  });
}

/** What of that comes after the name of the entry. */
export function mountFailureReason(entry: Mount, options: EntryOptions, error: unknown): string {
  return isKernelError(error) ? mountWords(entry, options, error) : (error as Error).message;
}

type KernelError = NodeJS.ErrnoException & { errno: number };

function isKernelError(error: unknown): error is KernelError {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === "number";
}

/** The calls that mount something, for which runc has mount(2). */
const MOUNTING = new Set(["mount", "move_mount", "mount_setattr"]);

function mountWords({ source = "", destination }: Mount, { flags, data }: EntryOptions, error: KernelError): string {
  const { syscall = "" } = error;
  if (syscall === "open_tree") return `stat ${source}: ${errorText(error)}`; // what runc does to it first
  if (!MOUNTING.has(syscall)) return callWords(error, error.path ?? destination);
  const shownFlags = flags === 0 ? "" : `, flags: 0x${flags.toString(16)}`;
  return `mount ${source}:${destination}${shownFlags}${data && `, data: ${data}`}: ${errorText(error)}`;
}

/** `mkdir /x: not a directory`: by the names that the calls had before they took a directory. */
function callWords(error: KernelError, path = ""): string {
  return [(error.syscall ?? "").replace(/at2?$/, ""), path]
    .filter(Boolean)
    .join(" ")
    .concat(`: ${errorText(error)}`);
}
