/** A runtime that can't start a program says why in words, which travel all the way up: what they mean is read off them, as the original does it. */
import { ERROR_CLASSES, errorKind, InvalidArgument } from "@eras/oci-spec/errdefs.ts";

const CANNOT_FIND = 127;
const CANNOT_EXECUTE = 126;
/** How `docker run` tells that it was the daemon that failed. */
const CANNOT_START = 128;

/** The exit code of what could not be started. */
export function startExitCode(message: string): number {
  const says = (...parts: readonly string[]) => parts.some((part) => message.toLowerCase().includes(part));
  if (says("executable file not found", "no such file or directory", "system cannot find the file specified"))
    return CANNOT_FIND;
  if (says("permission denied")) return CANNOT_EXECUTE;
  return says("not a directory") ? CANNOT_FIND : CANNOT_START;
}

/** The same for a client: whoever has named a program that can't be run is to blame. */
export function startError(error: Error): Error {
  const Class = startExitCode(error.message) === CANNOT_START ? ERROR_CLASSES[errorKind(error)] : InvalidArgument;
  return new Class(error.message, { cause: error });
}
