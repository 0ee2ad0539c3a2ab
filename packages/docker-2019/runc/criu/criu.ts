/**
 * criu: the program that saves processes to files, and makes them again from these. It is called to serve one request, over a socket:
 *
 *     runc                                        criu swrk 3
 *     request: DUMP, options ───────────────────▶
 *                            ◀─────────────────── notify: "setup-namespaces", "post-restore", "orphan-pts-master" + descriptor …
 *     notify: success ──────────────────────────▶ waits for that
 *                            ◀─────────────────── response: success, or what went wrong
 *
 * Descriptors in options are numbers of ours: criu takes them out of our /proc/PID/fd.
 *
 * @see https://criu.org/RPC
 */
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { delimiter, join } from "node:path";
import { dup } from "@eras/linux/descriptors.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { recvFds, SOCK_SEQPACKET, socketpair } from "@eras/linux/fd-passing.ts";
import { posixSpawn } from "@eras/linux/posix-spawn.ts";
import { waitpid } from "@eras/linux/wait.ts";
import { errorText } from "../error-text.ts";
import {
  type CriuFeatures,
  type CriuRequest,
  type CriuResponse,
  decodeResponse,
  encodeRequest,
  REQUEST_TYPES,
  type RequestType,
} from "./criu-messages.ts";

const STDIN = 0;
/** The socket, as criu knows it; what it inherits besides follows. */
const SERVICE_FD = 3;
/** What criu calls the first descriptor of `inherited`. */
export const FIRST_INHERITED_FD = SERVICE_FD + 1;

/** What criu tells of on the way. `fd` comes with "orphan-pts-master" alone, and is the listener's to close. */
export type NotificationListener = (script: string, pid: number, fd: number | undefined) => void;

/** What criu says of its own accord. Why, its log tells. */
export class CriuFailure extends Error {}

/** criu, as it waits for a request. */
export class Criu {
  readonly pid: number;
  readonly #socket: number;

  private constructor(pid: number, socket: number) {
    this.pid = pid;
    this.#socket = socket;
  }

  /**
   * Starts it. Standard input is ours, for the sake of shells whose terminal that is; it prints nothing, for there is a log.
   *
   * @param inherited - Descriptors that it is to have besides.
   * @throws {Error} With a hint, when there is no such program.
   */
  static start(program: string, inherited: readonly number[] = []): Criu {
    const [socket, service] = socketpair(SOCK_SEQPACKET);
    const argv = [program, "swrk", String(SERVICE_FD)];
    const silence = openSync("/dev/null", "w");
    const copies = inherited.map(dup); // one that is ours is covered by criu's own
    try {
      const fds = [STDIN, silence, silence, service, ...copies];
      return new Criu(posixSpawn({ path: findCriu(program), argv, env: process.env, fds }), socket);
    } catch (error) {
      closeSync(socket);
      const reason = isErrno(error, "ENOENT")
        ? `exec: ${JSON.stringify(program)}: executable file not found in $PATH`
        : `fork/exec ${program}: ${errorText(error as NodeJS.ErrnoException)}`;
      throw new Error(`CRIU version check failed: ${reason} (criu is a package of its own; --criu says where it is)`, {
        cause: error,
      });
    } finally {
      for (const fd of [service, silence, ...copies]) closeSync(fd);
    }
  }

  /**
   * Has the one request served, and waits for the end of the program.
   *
   * @param listener - Hears of the notifications that the options ask for. When it throws, criu gives up.
   * @throws {CriuFailure} In runc's words; what the listener has thrown.
   */
  serve(
    type: RequestType,
    request: Omit<CriuRequest, "type">,
    listener: NotificationListener = () => {},
  ): CriuResponse {
    try {
      this.#send({ type: REQUEST_TYPES[type], ...request });
      const response = this.#awaitResponse(listener);
      if (response.success) return response;
      throw new CriuFailure(`criu failed: type ${type} errno ${response.cr_errno ?? 0}`);
    } finally {
      this.end();
    }
  }

  /** Closes the socket, at which criu ends, and waits for that. */
  end(): void {
    closeSync(this.#socket);
    waitpid(this.pid);
  }

  #send(request: CriuRequest): void {
    writeSync(this.#socket, encodeRequest(request));
  }

  #awaitResponse(listener: NotificationListener): CriuResponse {
    let failure: unknown;
    for (;;) {
      const { data, fds } = recvFds(this.#socket, 1);
      if (data.length === 0) throw new CriuFailure("criu failed: it has ended without an answer");
      const response = decodeResponse(data);
      if (response.type !== REQUEST_TYPES.NOTIFY) {
        if (failure !== undefined) throw failure;
        return response;
      }
      const { script = "", pid = 0 } = response.notify ?? {};
      try {
        listener(script, pid, fds[0]);
      } catch (error) {
        failure ??= error;
      }
      this.#send({ type: REQUEST_TYPES.NOTIFY, notify_success: failure === undefined });
    }
  }
}

/** posix_spawn takes a path. */
function findCriu(program: string): string {
  if (program.includes("/")) return program;
  const directories = (process.env.PATH ?? "").split(delimiter);
  return directories.map((dir) => join(dir, program)).find(existsSync) ?? program;
}

/** The first that can do all that is asked of it here. */
const OLDEST_MAJOR = 3;

/** @throws {Error} When criu isn't there, is too old, or it or the kernel lacks a feature. */
export function checkCriu(program: string, features: CriuFeatures = {}): void {
  const { version } = Criu.start(program).serve("VERSION", {});
  const { major_number: major = 0, minor_number: minor = 0 } = version ?? {};
  if (major < OLDEST_MAJOR) throw new Error(`CRIU version ${major}.${minor} must be ${OLDEST_MAJOR}.0 or higher`);
  const wanted = (Object.keys(features) as (keyof CriuFeatures)[]).filter((name) => features[name]);
  if (wanted.length === 0) return;
  const { features: found = {} } = Criu.start(program).serve("FEATURE_CHECK", { features });
  const missing = wanted.filter((name) => !found[name]);
  if (missing.length > 0) throw new Error(`CRIU is missing features: ${missing.join(", ")}`);
}
