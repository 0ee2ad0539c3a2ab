/**
 * ctr's terminal, lent to a task: every key goes to the task's own terminal, which makes lines and signals of them, and whose size
 * follows that of the window.
 */

import { getTermios, getWindowSize, isatty, makeRaw, setTermios, type Winsize } from "@eras/linux/tty.ts";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";

const STANDARD_STREAMS = [0, 1, 2];

/** The terminal while it is lent. */
export class LentTerminal {
  readonly #fd: number;
  readonly #before: ReturnType<typeof getTermios>;
  #onResize = () => {};

  private constructor(fd: number) {
    this.#fd = fd;
    this.#before = getTermios(fd);
    setTermios(fd, makeRaw(this.#before));
  }

  /** @throws {FailedPrecondition} When ctr has none. */
  static lend(): LentTerminal {
    const fd = STANDARD_STREAMS.find(isatty);
    if (fd === undefined)
      throw new FailedPrecondition("provided file is not a console: run ctr on a terminal, or without -t");
    return new LentTerminal(fd);
  }

  /** Tells the size now, and each time that it changes. */
  followSize(resize: (size: Winsize) => void): void {
    this.#onResize = () => resize(getWindowSize(this.#fd));
    process.on("SIGWINCH", this.#onResize);
    this.#onResize();
  }

  /** As it was. */
  giveBack(): void {
    process.off("SIGWINCH", this.#onResize);
    setTermios(this.#fd, this.#before);
  }
}
