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

/** How often a runc that has other things to do looks for messages. */
const INTERVAL_MS = 100;

export class NotifySocket {
  /** The service manager's; an "@" at its start stands for the abstract namespace. */
  readonly #host: string;
  /** Of ours, on the host. */
  readonly #directory: string;
  #fd = -1;

  /** @param host - NOTIFY_SOCKET of our environment. @param stateDir - Of the container. */
  constructor(host: string, stateDir: string) {
    this.#host = host;
    this.#directory = join(stateDir, "notify");
  }

  /** The container's configuration, with the socket's directory mounted and named. */
  configure(spec: Spec): Spec {
    const options = ["bind", "nosuid", "noexec", "nodev", "ro"];
    const mount = { destination: DIRECTORY_INSIDE, source: this.#directory, options };
    const variable = `NOTIFY_SOCKET=${DIRECTORY_INSIDE}/${NAME}`;
    return {
      ...spec,
      mounts: [...(spec.mounts ?? []), mount],
      ...(spec.process && { process: { ...spec.process, env: [...(spec.process.env ?? []), variable] } }),
    };
  }

  /** Makes the directory: with the container's state, before its mounts. */
  makeDirectory(): void {
    mkdirSync(this.#directory, { mode: 0o755 });
  }

  /** Opens the socket, before the program starts. Whoever the program runs as may write to it. */
  listen(): void {
    const path = join(this.#directory, NAME);
    this.#fd = bindDatagram(path);
    chmodSync(path, 0o777);
  }

  /**
   * Waits until the program says that it is ready, or until it has ended, blocking this process; then tells the manager.
   *
   * @param pid - The container's first process, and what the manager is to watch from now on.
   */
  forwardReady(pid: number): void {
    const pidFd = pidfdOpen(pid);
    const requests = [this.#fd, pidFd].map((fd) => ({ fd, events: POLLIN }));
    try {
      for (;;) {
        const [message, ended] = poll(requests, Infinity);
        if (message && this.#tellIfReady(pid)) return;
        if (!message && ended) return;
      }
    } finally {
      closeSync(pidFd);
    }
  }

  /**
   * The same for a runc that stays: it forwards what comes meanwhile.
   *
   * @param mainPid - What the manager is to watch: runc itself, which ends with the container.
   * @returns To be called when the container has ended: forwards what came last.
   */
  forwardMeanwhile(mainPid: number): () => void {
    const look = () => {
      if (this.#forwardWhatCame(mainPid)) clearInterval(timer);
    };
    const timer = setInterval(look, INTERVAL_MS);
    return () => {
      clearInterval(timer);
      this.#forwardWhatCame(mainPid);
    };
  }

  /** @returns Whether the manager was told, so that there is no more to do. */
  #forwardWhatCame(mainPid: number): boolean {
    while (poll([{ fd: this.#fd, events: POLLIN }], 0)[0]) {
      if (this.#tellIfReady(mainPid)) return true;
    }
    return false;
  }

  #tellIfReady(mainPid: number): boolean {
    const lines = receiveDatagram(this.#fd).split("\n");
    const ready = lines.find((line) => line.startsWith("READY="));
    if (ready === undefined) return false;
    sendDatagram(this.#host, `${ready}\n`);
    sendDatagram(this.#host, `MAINPID=${mainPid}\n`);
    return true;
  }
}
