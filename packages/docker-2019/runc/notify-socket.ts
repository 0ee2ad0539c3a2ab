/**
 * sd_notify(3) from within a container: a service manager that started runc with NOTIFY_SOCKET hears when the container is ready.
 *
 *     program ── READY=1 ──▶ /run/notify/notify.sock = <state>/notify/notify.sock ── runc ── READY=1, MAINPID=pid ──▶ NOTIFY_SOCKET
 *
 * The container gets no access to the manager's own socket: all that passes is the line with READY=.
 */
import { chmodSync, closeSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pidfdOpen } from "@eras/linux/pidfd.ts";
import { POLLIN, poll } from "@eras/linux/poll.ts";
import { bindDatagram, receiveDatagram, sendDatagram } from "@eras/linux/unix-datagram.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";

/** Where the container finds it. */
const DIRECTORY_INSIDE = "/run/notify";
const NAME = "notify.sock";

/** The two sockets. */
export interface NotifySocket {
  /** The service manager's; an "@" at its start stands for the abstract namespace. */
  readonly host: string;
  /** Ours, on the host. */
  readonly directory: string;
}

/** @param host - NOTIFY_SOCKET of our environment. @param stateDir - Of the container. @returns None, if nobody wants to be notified. */
export function notifySocketOf(host: string | undefined, stateDir: string): NotifySocket | undefined {
  return host ? { host, directory: join(stateDir, "notify") } : undefined;
}

/** The container's configuration, with the socket's directory mounted and named. */
export function withNotifySocket(spec: Spec, { directory }: NotifySocket): Spec {
  const options = ["bind", "nosuid", "noexec", "nodev", "ro"];
  const mount = { destination: DIRECTORY_INSIDE, source: directory, options };
  const variable = `NOTIFY_SOCKET=${DIRECTORY_INSIDE}/${NAME}`;
  return {
    ...spec,
    mounts: [...(spec.mounts ?? []), mount],
    ...(spec.process && { process: { ...spec.process, env: [...(spec.process.env ?? []), variable] } }),
  };
}

/** Makes the directory: with the container's state, before its mounts. */
export function makeNotifyDirectory({ directory }: NotifySocket): void {
  mkdirSync(directory, { mode: 0o755 });
}

/** Opens the socket, before the program starts. Whoever the program runs as may write to it. @returns Its descriptor. */
export function openNotifySocket({ directory }: NotifySocket): number {
  const path = join(directory, NAME);
  const fd = bindDatagram(path);
  chmodSync(path, 0o777);
  return fd;
}

/**
 * Waits until the program says that it is ready, or until it has ended, blocking this process; then tells the manager.
 *
 * @param pid - The container's first process, and what the manager is to watch from now on.
 */
export function forwardReady(fd: number, { host }: NotifySocket, pid: number): void {
  const pidFd = pidfdOpen(pid);
  try {
    for (;;) {
      const [message, ended] = poll(
        [
          { fd, events: POLLIN },
          { fd: pidFd, events: POLLIN },
        ],
        Infinity,
      );
      if (message && tellIfReady(receiveDatagram(fd), host, pid)) return;
      if (!message && ended) return;
    }
  } finally {
    closeSync(pidFd);
  }
}

/**
 * The same for who may not block: looks at what has come up to now.
 *
 * @param mainPid - What the manager is to watch.
 * @returns Whether the manager was told, so that there is no more to do.
 */
export function forwardReadyIfCome(fd: number, { host }: NotifySocket, mainPid: number): boolean {
  while (poll([{ fd, events: POLLIN }], 0)[0]) {
    if (tellIfReady(receiveDatagram(fd), host, mainPid)) return true;
  }
  return false;
}

function tellIfReady(message: string, host: string, mainPid: number): boolean {
  const ready = message.split("\n").find((line) => line.startsWith("READY="));
  if (ready === undefined) return false;
  sendDatagram(host, `${ready}\n`);
  sendDatagram(host, `MAINPID=${mainPid}\n`);
  return true;
}
