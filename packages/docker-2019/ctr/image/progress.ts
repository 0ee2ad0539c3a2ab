/**
 * The progress of a pull or a push, as containerd's client draws it: a line for each piece, ten times a second.
 *
 *     localhost:5000/web:1:        resolved       |++++++++++++++++++++++++++++++++++++++|
 *     layer-sha256:207f190d…:      downloading    |++++++++++++--------------------------|    5.2 MiB/20.0 MiB
 *     elapsed: 1.3 s               total:  5.2 Mi (4.0 MiB/s)
 *
 * On a terminal the lines are drawn over; elsewhere only the last picture is printed.
 */

import { isatty } from "@eras/linux/tty.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { Progress } from "@eras/registry-client/content.ts";
import { binarySize } from "../output/byte-size.ts";
import { write } from "../output/print.ts";
import { align, NARROW } from "../output/table.ts";
import { ingestRef } from "./descriptor.ts";

const INTERVAL_MS = 100;
const BAR_WIDTH = 40;
const GREEN = "\u001b[32m";
const PLAIN = "\u001b[0m";
const LINE_UP_AND_CLEAR = "\u001b[1A\u001b[2K";
const STDOUT = 1;

interface Line {
  readonly status: string;
  readonly offset: number;
  /** Bytes; undefined where that says nothing. */
  readonly total?: number;
}

export class ProgressDisplay {
  readonly #active: string;
  readonly #start = performance.now();
  readonly #lines = new Map<string, Line>();
  readonly #firstOffsets = new Map<string, number>();
  readonly #isTerminal = isatty(STDOUT);
  readonly #timer: NodeJS.Timeout | undefined;
  #drawn = 0;

  /** @param active - What is said of a piece under way: `downloading`, `uploading`. */
  constructor(active: "downloading" | "uploading") {
    this.#active = active;
    if (this.#isTerminal) this.#timer = setInterval(() => this.#draw(), INTERVAL_MS);
  }

  /** The first line: what is being found. */
  resolving(name: string): void {
    this.#lines.set(name, { status: "resolving", offset: 0 });
  }

  resolved(name: string): void {
    this.#lines.set(name, { status: "resolved", offset: 1 });
  }

  /** Takes in how far one piece is. */
  readonly update = ({ descriptor, state, offset }: Progress): void => {
    const key = ingestRef(descriptor);
    if (state === "exists")
      this.#firstOffsets.delete(key); // a push finds out when it has begun
    else if (state === "active" && !this.#firstOffsets.has(key)) this.#firstOffsets.set(key, offset);
    this.#lines.set(key, lineOf(state === "active" ? this.#active : state, offset, descriptor));
  };

  /** Draws the last picture, if there is anything to see. */
  end(isWorthDrawing = true): void {
    clearInterval(this.#timer);
    if (isWorthDrawing) this.#draw();
  }

  #draw(): void {
    const picture = align(`${this.#rows().join("\n")}\n`, NARROW);
    write(LINE_UP_AND_CLEAR.repeat(this.#drawn) + picture);
    this.#drawn = this.#isTerminal ? picture.split("\n").length - 1 : 0;
  }

  #rows(): string[] {
    const seconds = (performance.now() - this.#start) / 1000;
    const bytes = [...this.#firstOffsets].reduce((sum, [key, first]) => sum + this.#lines.get(key)!.offset - first, 0);
    const total = binarySize(bytes).slice(0, 6).padStart(7);
    const speed = `${binarySize(bytes / seconds)}/s`;
    return [
      ...[...this.#lines].map(([key, line]) => row(key, line)),
      `elapsed: ${seconds.toFixed(1).padEnd(4)}s\ttotal: ${total}\t(${speed})\t`,
    ];
  }
}

function lineOf(status: string, offset: number, { size }: Descriptor): Line {
  return { status, offset, total: size };
}

function row(key: string, { status, offset, total = 1 }: Line): string {
  const share = total === 0 ? 1 : offset / total;
  const isOver = status === "done" || status === "exists" || status === "resolved";
  if (isOver || status === "waiting" || status === "resolving") return `${key}:\t${status}\t${bar(isOver ? 1 : 0)}\t`;
  const sizes = `${binarySize(offset).slice(0, 8).padStart(8)}/${binarySize(total)}`;
  return `${key}:\t${status}\t${bar(share)}\t${sizes}\t`;
}

/** `|++++++----|` @param share - 0 to 1. */
function bar(share: number): string {
  const inner = BAR_WIDTH - 2;
  const full = Math.floor(Math.min(share, 1) * inner);
  return `|${GREEN}${"+".repeat(full)}${PLAIN}${"-".repeat(inner - full)}|`;
}
