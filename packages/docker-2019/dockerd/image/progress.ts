/** What pull, push and load tell while they work, drawn as Docker draws it. */
import type { ProgressMessage } from "../../engine-api/progress-message.ts";

/** Takes one message after the other. */
export type Tell = (message: ProgressMessage) => void;

const BAR_WIDTH = 50;
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
/** A bar moves by this much at least, … */
const STEP_BYTES = 512 * 1024;
/** … and so often at most. */
const INTERVAL_MS = 100;

/**
 * One more line of a transfer: `[====>      ]  1.2MB/3.4MB`.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/pkg/jsonmessage/jsonmessage.go
 */
export function transferMessage(status: string, id: string, current: number, total: number): ProgressMessage {
  return { status, progressDetail: { current, total }, progress: bar(current, total), id };
}

/** A line that is only a state: `Pull complete`. */
export function stateMessage(status: string, id: string): ProgressMessage {
  return { status, progressDetail: {}, id };
}

function bar(current: number, total: number): string {
  if (total <= 0) return humanBytes(current).padStart(8);
  const filled = Math.min(Math.trunc(Math.trunc((current / total) * 100) / 2), BAR_WIDTH);
  const counts =
    current > total ? humanBytes(current).padStart(8) : `${humanBytes(current).padStart(8)}/${humanBytes(total)}`;
  return `[${"=".repeat(filled)}>${" ".repeat(BAR_WIDTH - filled)}] ${counts}`;
}

/** Four digits, and a unit: `1.984MB`. */
function humanBytes(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < UNITS.length - 1; unit++) size /= 1000;
  return `${Number(size.toPrecision(4))}${UNITS[unit]}`;
}

/** Tells of a transfer, not of each piece. */
export class Transfer {
  readonly #tell: Tell;
  readonly #status: string;
  readonly #id: string;
  readonly #total: number;
  #told = 0;
  #toldAtMs = 0;

  constructor(tell: Tell, status: string, id: string, total: number) {
    this.#tell = tell;
    this.#status = status;
    this.#id = id;
    this.#total = total;
  }

  /** @param current - Bytes so far. */
  at(current: number): void {
    const step = this.#total > 0 ? Math.min(STEP_BYTES, this.#total / 100) : STEP_BYTES;
    const now = performance.now();
    const isDue = current - this.#told > step && now - this.#toldAtMs >= INTERVAL_MS;
    if (!isDue && current !== this.#total) return;
    this.#told = current;
    this.#toldAtMs = now;
    this.#tell(transferMessage(this.#status, this.#id, current, this.#total));
  }

  /** The same pieces. */
  async *watch(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let current = 0;
    for await (const piece of pieces) {
      yield piece;
      current += piece.length;
      this.at(current);
    }
  }
}
