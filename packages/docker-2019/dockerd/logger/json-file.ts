/**
 * The log of a container: a line of JSON for each line that it prints.
 *
 *     {"log":"hello\n","stream":"stdout","time":"2019-07-22T08:00:00.123456789Z"}
 *
 * Before the time there may be `attrs`: log-attributes.ts.
 * A line that has no end is written when it is 16 KiB long, or when the output ends, then without a line feed. With `max-size`, a log that
 * has become as large is renamed to `….1`, and that to `….2`, up to `max-file`: log-file.ts.
 *
 * @see https://docs.docker.com/config/containers/logging/json-file/
 */
import type { OutputListener, OutputName } from "../container/stream-config.ts";
import { log } from "../log.ts";
import type { LogAttributes } from "./log-attributes.ts";
import { LogFile, type RotationOptions } from "./log-file.ts";

const MAX_LINE_BYTES = 16 << 10;
const LINE_FEED = 10;

export interface LogEntry {
  readonly log: string;
  readonly stream: OutputName;
  readonly attrs?: LogAttributes;
  readonly time: string;
}

/** What all entries of a chunk have. */
type Frame = Omit<LogEntry, "log">;

export class JsonFileLog implements OutputListener {
  readonly #file: LogFile;
  readonly #attributes: { readonly attrs?: LogAttributes };
  #isFailing = false;
  /** What has no end yet. */
  readonly #unfinished: Record<OutputName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  /** @param attrs - Beside each line. */
  constructor(path: string, rotation: RotationOptions, attrs?: LogAttributes) {
    this.#file = new LogFile(path, rotation);
    this.#attributes = attrs ? { attrs } : {};
  }

  write(chunk: Buffer, stream: OutputName): boolean {
    const unfinished = this.#unfinished[stream];
    const bytes = unfinished.length > 0 ? Buffer.concat([unfinished, chunk]) : chunk;
    const frame = { stream, ...this.#attributes, time: new Date().toISOString() };
    let lines = "";
    let begin = 0;
    for (let end = endOfLines(bytes, 0); end > begin; end = endOfLines(bytes, end)) {
      lines += entries(bytes.toString("utf8", begin, end), frame);
      begin = end;
    }
    this.#unfinished[stream] = Buffer.from(bytes.subarray(begin));
    this.#append(lines);
    return true;
  }

  async caughtUp(): Promise<void> {}

  end(): void {
    const time = new Date().toISOString();
    for (const stream of ["stdout", "stderr"] as const) {
      const rest = this.#unfinished[stream];
      if (rest.length > 0) this.#append(entries(rest.toString(), { stream, ...this.#attributes, time }));
      this.#unfinished[stream] = Buffer.alloc(0);
    }
    this.#file.close();
  }

  /** What a full disk doesn't take is lost, and dockerd's log says so, once: the container goes on, and so does dockerd. */
  #append(lines: string): void {
    if (lines === "") return;
    try {
      this.#file.append(lines);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        log("error", `Cannot write ${this.#file.path}, lines are lost: ${(error as Error).message}`);
      this.#isFailing = true;
    }
  }
}

/**
 * Where the last of the whole lines ends that begin at `begin`, of as many as fit into the longest entry; `begin` if there is none yet. So what
 * is between two ends is whole lines, or a piece of a long one.
 */
function endOfLines(bytes: Buffer, begin: number): number {
  const limit = begin + MAX_LINE_BYTES;
  const end = bytes.lastIndexOf(LINE_FEED, limit - 1) + 1;
  if (end > begin) return end;
  return bytes.length >= limit ? limit : begin;
}

/**
 * An entry for each line. In the JSON of a text without backslashes, `\n` is the end of a line wherever it is found, so all of them are made in one
 * go, which is several times as fast as one after the other.
 */
function entries(text: string, frame: Frame): string {
  if (text.includes("\\"))
    return text
      .split(AFTER_LINE_FEED)
      .map((log) => entry({ log, ...frame }))
      .join("");
  const [before, after] = entry({ log: "", ...frame }).split(/(?<=^{"log":")/) as [string, string];
  const lines = JSON.stringify(text).slice(1, -1).replaceAll("\\n", `\\n${after}${before}`);
  return before + (text.endsWith("\n") ? lines.slice(0, -before.length) : lines + after);
}

const AFTER_LINE_FEED = /(?<=\n)/;

function entry(parts: LogEntry): string {
  return `${JSON.stringify(parts)}\n`;
}
