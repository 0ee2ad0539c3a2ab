/** Reading a run's events while its processes write them. */
import { closeSync, type FSWatcher, fstatSync, openSync, readSync, watch } from "node:fs";
import type { TraceEvent } from "./event.ts";
import { byTime, parseSpool } from "./timeline.ts";

/** An event is handed out when it is this old: by then every process has written what happened before it. */
const SETTLE_MS = 20;
/** After the command's end, a run that says nothing for this long goes on in the background: its trace ends here. */
const QUIET_MS = 500;

/** Reads a growing spool file and hands out its events in order of time. */
export class Follower {
  /** All events handed out so far. */
  readonly events: TraceEvent[] = [];
  readonly #fd: number;
  readonly #watcher: FSWatcher;
  readonly #emit: (event: TraceEvent) => void;
  readonly #openSpans = new Set<string>();
  #pending: TraceEvent[] = [];
  #offset = 0;
  #partialLine = "";
  #timer: NodeJS.Timeout | undefined;
  #onSettled: (() => void) | undefined;

  constructor(path: string, emit: (event: TraceEvent) => void) {
    this.#emit = emit;
    this.#fd = openSync(path, "r");
    this.#watcher = watch(path, () => this.#read());
  }

  /** Resolves when every span that began has ended, or the run has gone quiet. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSettled = resolve;
      this.#read();
      this.#schedule();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher.close();
    closeSync(this.#fd);
  }

  #read(): void {
    const length = fstatSync(this.#fd).size - this.#offset;
    if (length <= 0) return;
    const bytes = Buffer.alloc(length);
    this.#offset += readSync(this.#fd, bytes, 0, length, this.#offset);
    const lines = (this.#partialLine + bytes.toString()).split("\n");
    this.#partialLine = lines.pop()!;
    this.#pending = [...this.#pending, ...parseSpool(lines.join("\n"))].sort(byTime);
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), SETTLE_MS);
  }

  #flush(): void {
    for (const event of this.#pending) {
      if (event.kind === "begin") this.#openSpans.add(event.span);
      if (event.kind === "end") this.#openSpans.delete(event.span);
      this.events.push(event);
      this.#emit(event);
    }
    this.#pending = [];
    if (!this.#onSettled) return;
    if (this.#openSpans.size === 0) this.#onSettled();
    else this.#timer = setTimeout(this.#onSettled, QUIET_MS);
  }
}
