/** `docker logs`: what a container has printed, and, with `follow`, what it prints. */
import { once } from "node:events";
import { createReadStream, existsSync, watch } from "node:fs";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { InvalidArgument, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import { frame, STREAM_TYPES } from "../../engine-api/stdcopy.ts";
import type { Container } from "../container/container.ts";
import { type LogEntry, rotated } from "../logger/json-file.ts";

export interface LogsOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** How many of the last lines; undefined for all. */
  readonly tail: number | undefined;
}

/** @throws {InvalidArgument} When no stream is asked for; {NotImplemented} when there is no log to read. */
export function checkLogs({ hostConfig }: Container, { stdout, stderr }: LogsOptions): void {
  if (!stdout && !stderr) throw new InvalidArgument("Bad parameters: you must choose at least one stream");
  if (hostConfig.LogConfig?.Type === "none")
    throw new NotImplemented("configured logging driver does not support reading");
}

/** Sends what is asked for; resolves when that is all, or the client has gone. */
export async function sendLogs(
  container: Container,
  options: LogsOptions,
  client: Writable,
  gone: AbortSignal,
): Promise<void> {
  const send = sender(container, options, client);
  const stop = container.state.wait("not-running");
  const reader = new LogFollower(container.logPath);
  const past = await reader.read();
  const older = await readRotated(container.logPath);
  const wanted = [...older, ...past].filter((entry) => isWanted(entry, options));
  const last = options.tail === undefined ? wanted : options.tail === 0 ? [] : wanted.slice(-options.tail);
  for (const entry of last) await send(entry);
  if (options.follow && container.state.isRunning) await follow(reader, options, send, stop, gone);
  client.end();
}

type Send = (entry: LogEntry) => Promise<void>;

function sender({ config }: Container, { timestamps }: LogsOptions, client: Writable): Send {
  return async ({ log, stream, time }) => {
    const line = Buffer.from(timestamps ? `${nanoseconds(time)} ${log}` : log);
    if (client.destroyed) return;
    if (!client.write(config.Tty ? line : frame(STREAM_TYPES[stream], line)))
      await Promise.race([once(client, "drain"), once(client, "close")]).catch(() => {});
  };
}

/** As Docker prints times: always nine digits. */
function nanoseconds(time: string): string {
  return time.replace(/(?:\.(\d+))?Z$/, (_, digits = "") => `.${digits.padEnd(9, "0")}Z`);
}

function isWanted({ stream, time }: LogEntry, { since, until, ...wanted }: LogsOptions): boolean {
  const ms = Date.parse(time);
  return wanted[stream] && (since === undefined || ms >= since) && (until === undefined || ms <= until);
}

async function follow(
  reader: LogFollower,
  options: LogsOptions,
  send: Send,
  stop: Promise<unknown>,
  gone: AbortSignal,
): Promise<void> {
  let isOver = false;
  const end = new Promise<void>((resolve) => gone.addEventListener("abort", () => resolve(), { once: true }));
  const over = Promise.race([stop, end]).then(() => {
    isOver = true;
  });
  while (!gone.aborted) {
    const wasOver = isOver; // what comes after the end is the last
    for (const entry of await reader.read()) if (isWanted(entry, options)) await send(entry);
    if (wasOver) return;
    await Promise.race([reader.changed(), over]);
  }
}

/** Reads a log as it grows, also when it is begun anew. */
class LogFollower {
  readonly #path: string;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The whole lines that have come since the last call. */
  async read(): Promise<LogEntry[]> {
    if (!existsSync(this.#path)) return [];
    const chunks: Buffer[] = [];
    for await (const chunk of createReadStream(this.#path, { start: this.#offset })) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const end = bytes.lastIndexOf("\n") + 1;
    this.#offset += end;
    return parseLines(bytes.subarray(0, end).toString());
  }

  changed(): Promise<void> {
    return new Promise((resolve) => {
      const watcher = watch(this.#path, () => {
        watcher.close();
        resolve();
      });
      watcher.on("error", () => resolve());
    });
  }
}

async function readRotated(path: string): Promise<LogEntry[]> {
  const paths: string[] = [];
  for (let number = 1; existsSync(rotated(path, number)); number++) paths.unshift(rotated(path, number));
  const entries: LogEntry[] = [];
  for (const each of paths)
    for await (const line of createInterface({ input: createReadStream(each) })) entries.push(...parseLines(line));
  return entries;
}

/** A line that was cut off by a crash is left out. */
function parseLines(text: string): LogEntry[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as LogEntry];
    } catch {
      return [];
    }
  });
}
