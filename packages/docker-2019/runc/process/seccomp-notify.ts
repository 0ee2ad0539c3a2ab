/**
 * Handing a container's system calls to an agent: the filter's listener goes to whoever listens on `listenerPath`.
 *
 *     init ── installSeccomp: descriptor N ──▶ parent ── pidfd_getfd(init, N) ──▶ SCM_RIGHTS ──▶ agent
 *
 * The init can't send it itself: the agent's socket is out of its reach, and sending might be a call that waits for the agent.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#containerprocessstate
 */
import { closeSync } from "node:fs";
import { connectUnix, sendFds } from "@eras/linux/fd-passing.ts";
import { pidfdGetfd, pidfdOpen } from "@eras/linux/pidfd.ts";
import { OCI_VERSION } from "@eras/oci-spec/runtime/config.ts";
import type { State } from "@eras/oci-spec/runtime/state.ts";
import { errorText } from "../error-text.ts";
import type { SeccompListener } from "./seccomp.ts";

/** What an agent is told with the descriptor. */
export interface ContainerProcessState {
  readonly ociVersion: string;
  /** The names of the descriptors that come along, in their order. */
  readonly fds: readonly string[];
  /** Of the process with the filter, as the runtime sees it. */
  readonly pid: number;
  /** `listenerMetadata` of the profile. */
  readonly metadata?: string;
  readonly state: State;
}

/** The specification's name for the listener. */
const SECCOMP_FD_NAME = "seccompFd";

/** The init, and its descriptor. */
export interface InstalledListener {
  readonly pid: number;
  readonly fd: number;
}

/** Takes the listener from the init and sends it to the agent. @throws {Error} When nobody listens there. */
export function sendSeccompListener({ pid, fd }: InstalledListener, listener: SeccompListener, state: State): void {
  const { path, metadata } = listener;
  const message: ContainerProcessState = {
    ociVersion: OCI_VERSION,
    fds: [SECCOMP_FD_NAME],
    pid,
    ...(metadata !== "" && { metadata }),
    state,
  };
  const socket = connectAgent(path);
  const notifyFd = takeDescriptor(pid, fd);
  try {
    sendFds(socket, [notifyFd], Buffer.from(JSON.stringify(message)));
  } finally {
    closeSync(notifyFd);
    closeSync(socket);
  }
}

function connectAgent(path: string): number {
  try {
    return connectUnix(path);
  } catch (error) {
    const reason = `dial unix ${path}: connect: ${errorText(error as NodeJS.ErrnoException)}`;
    throw new Error(`failed to connect with seccomp agent specified in the seccomp profile: ${reason}`, {
      cause: error,
    });
  }
}

function takeDescriptor(pid: number, fd: number): number {
  const pidFd = pidfdOpen(pid);
  try {
    return pidfdGetfd(pidFd, fd);
  } finally {
    closeSync(pidFd);
  }
}
