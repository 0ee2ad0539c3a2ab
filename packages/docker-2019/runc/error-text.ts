/** Errors of the kernel as runc words them: Go's table has libc's words, without the capital. */
import { ControlFileError } from "@eras/cgroups/control-file.ts";
import { strerror } from "@eras/linux/strerror.ts";

/** `permission denied` for EACCES. Takes errors of `node:fs`, whose numbers are negative, and of packages/linux. */
export function errorText({ errno, message }: NodeJS.ErrnoException): string {
  if (errno === undefined) return message;
  const words = strerror(Math.abs(errno));
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** `open /x: permission denied`: the call, what it was about, what came of it. */
export function callErrorText(call: string, path: string, error: NodeJS.ErrnoException): string {
  return `${call} ${path}: ${errorText(error)}`;
}

/** What an error says: of a failed call, in those words too. */
export function failureText(error: Error): string {
  if (error instanceof ControlFileError) return controlFileText(error);
  const { syscall, path, dest, errno } = error as NodeJS.ErrnoException & { readonly dest?: string };
  if (syscall === undefined || errno === undefined) return error.message;
  const about = syscall === "chdir" ? dest : path; // Node's `path` is where one was before
  return about === undefined ? `${syscall}: ${errorText(error)}` : callErrorText(syscall, about, error);
}

/** `failed to write "5": write /sys/fs/cgroup/web/pids.max: invalid argument` */
function controlFileText({ path, value, cause }: ControlFileError): string {
  const text = callErrorText(cause.syscall ?? "open", path, cause);
  return value === undefined ? text : `failed to write ${JSON.stringify(value)}: ${text}`;
}
