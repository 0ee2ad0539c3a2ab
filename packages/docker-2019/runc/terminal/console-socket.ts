/** Where the master of a container's terminal goes: who may ask for a terminal, and whether there is somebody to take it. */
import { closeSync } from "node:fs";
import { connectUnix } from "@eras/linux/fd-passing.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { TerminalProxy } from "./terminal-proxy.ts";

/** What is asked for. */
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

/** Who is to have the master: without a terminal nobody. */
export interface ConsoleKeeper {
  /** Where the init sends it. */
  readonly consoleFd: number | undefined;
  /** runc itself, in the foreground: hand it to `attend`. */
  readonly proxy: TerminalProxy | undefined;
  /** The caller's socket is not needed any more: the init has it. */
  closeSocket(): void;
}

/** The caller's socket, or in the foreground a proxy of our own. @throws {InvalidArgument} As {@link connectConsole}. */
export async function keepConsole(request: TerminalRequest): Promise<ConsoleKeeper> {
  const socket = connectConsole(request);
  const inForeground = request.terminal && !request.detach;
  const proxy = inForeground ? new (await import("./terminal-proxy.ts")).TerminalProxy() : undefined;
  return {
    consoleFd: socket ?? proxy?.consoleFd,
    proxy,
    closeSocket: () => void (socket !== undefined && closeSync(socket)),
  };
}
