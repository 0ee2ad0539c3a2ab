/** Who a runtime sends the terminals of containers to: `--console-socket`. Holds them, so that no container is hung up on. */
import { closeSync } from "node:fs";
import { acceptUnix, listenUnix, recvFds } from "@eras/linux/fd-passing.ts";
import { POLLIN, poll } from "@eras/linux/poll.ts";

const LOOK_EVERY_MS = 5;

export class ConsoleSocket {
  readonly path: string;
  readonly #listener: number;
  readonly #masters: number[] = [];
  readonly #timer: NodeJS.Timeout;

  /** Listens until `close`, while the event loop turns. */
  constructor(path: string) {
    this.path = path;
    this.#listener = listenUnix(path);
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** How many terminals have come. */
  get count(): number {
    return this.#masters.length;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const fd of [this.#listener, ...this.#masters]) closeSync(fd);
  }

  #look(): void {
    const [called] = poll([{ fd: this.#listener, events: POLLIN }], 0);
    if (called === 0) return;
    const connection = acceptUnix(this.#listener);
    this.#masters.push(...recvFds(connection, 1).fds);
    closeSync(connection);
  }
}
