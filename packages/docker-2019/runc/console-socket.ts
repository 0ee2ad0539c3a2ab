/** Where the master of a container's terminal goes: who may ask for a terminal, and whether there is somebody to take it. */
import { connectUnix } from "@eras/linux/fd-passing.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

interface TerminalRequest {
  readonly terminal: boolean;
  readonly detach: boolean;
  /** Path of a socket that the caller listens on. */
  readonly consoleSocket: string | undefined;
}

/**
 * Connects to the caller's socket, if there is to be a terminal that runc does not serve itself.
 *
 * @throws {InvalidArgument} When nobody would serve the terminal, or a socket is given for nothing.
 */
export function connectConsole({ terminal, detach, consoleSocket }: TerminalRequest): number | undefined {
  if (terminal && detach && !consoleSocket) {
    throw new InvalidArgument("cannot allocate tty if runc will detach without setting console socket");
  }
  if (consoleSocket && !(terminal && detach)) {
    throw new InvalidArgument("cannot use console socket if runc will not detach or allocate tty");
  }
  return consoleSocket ? connectUnix(consoleSocket) : undefined;
}
