/**
 * What runc says when a mount fails. Docker reads it: at `not a directory` it asks whether a directory was to be mounted on a file.
 *
 *     error mounting "/srv" to rootfs at "/etc/passwd": mount /srv:/etc/passwd, flags: 0x5000: not a directory
 */
import type { Mount } from "@eras/oci-spec/runtime/config.ts";
import { errorText } from "./error-text.ts";
import type { EntryOptions } from "./mount-options.ts";

/** The error of an entry, with the kernel's as its cause. */
export function mountFailure(entry: Mount, options: EntryOptions, error: unknown): Error {
  const { source = "", destination } = entry;
  const reason = isKernelError(error) ? kernelReason(entry, options, error) : (error as Error).message;
  return new Error(`error mounting ${JSON.stringify(source)} to rootfs at ${JSON.stringify(destination)}: ${reason}`, {
    cause: error,
  });
}

function isKernelError(error: unknown): error is NodeJS.ErrnoException & { errno: number } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === "number";
}

/** Whether a call mounts something, or opens what is to be mounted. */
const MOUNTING = new Set(["mount", "open_tree", "move_mount", "mount_setattr"]);

function kernelReason(
  entry: Mount,
  { flags, data }: EntryOptions,
  error: NodeJS.ErrnoException & { errno: number },
): string {
  const text = errorText(error);
  if (error.syscall === "open_tree") return `stat ${entry.source ?? ""}: ${text}`; // what runc does to it first
  if (!MOUNTING.has(error.syscall ?? "")) return `${error.syscall} ${entry.destination}: ${text}`;
  const shown = [flags === 0 ? [] : `flags: 0x${flags.toString(16)}`, data === "" ? [] : `data: ${data}`].flat();
  return `${[`mount ${entry.source ?? ""}:${entry.destination}`, ...shown].join(", ")}: ${text}`;
}
