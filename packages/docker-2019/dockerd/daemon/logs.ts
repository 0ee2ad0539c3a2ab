/** `docker logs`: what a container has printed, and, with `follow`, what it prints. */
import type { Writable } from "node:stream";
import { InvalidArgument, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import { frame, STREAM_TYPES } from "../../engine-api/stdcopy.ts";
import type { Container } from "../container/container.ts";
import { drained } from "../drained.ts";
import type { LogEntry } from "../logger/json-file.ts";
import { attributesText } from "../logger/log-attributes.ts";
import { LogReader, LogWatch } from "../logger/log-reader.ts";

export interface LogsOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** What the log has beside the lines. */
  readonly details: boolean;
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
  const send = sender(container.config.Tty ?? false, options, client);
  const reader = new LogReader(container.logPath);
  try {
    for await (const entries of reader.past(options.tail)) {
      if (gone.aborted) return;
      await send(entries);
    }
    if (options.follow) await follow(container, reader, send, gone);
  } finally {
    await reader.close();
  }
  client.end();
}

/** What a client that attaches wants to hear first: all that was printed. @param raw - Whether without frames, as from a terminal. */
export async function sendPast(
  container: Container,
  wanted: Pick<LogsOptions, "stdout" | "stderr"> & { readonly raw: boolean },
  client: Writable,
): Promise<void> {
  if (container.hostConfig.LogConfig?.Type === "none") return; // too late to say so: the connection has been taken over
  const everything = {
    follow: false,
    timestamps: false,
    details: false,
    since: undefined,
    until: undefined,
    tail: undefined,
  };
  const send = sender(wanted.raw, { ...everything, ...wanted }, client);
  const reader = new LogReader(container.logPath);
  try {
    for await (const entries of reader.past(undefined)) await send(entries);
  } finally {
    await reader.close();
  }
}

/** Sends those that are wanted, no faster than they are taken. */
type Send = (entries: readonly LogEntry[]) => Promise<void>;

function sender(isRaw: boolean, options: LogsOptions, client: Writable): Send {
  const { timestamps, details } = options;
  const framed = ({ log, stream, attrs, time }: LogEntry) => {
    const before = [...(timestamps ? [nanoseconds(time)] : []), ...(details ? [attributesText(attrs)] : [])];
    const line = Buffer.from([...before, log].join(" "));
    return isRaw ? line : frame(STREAM_TYPES[stream], line);
  };
  return async (entries) => {
    const wanted = entries.filter((entry) => isWanted(entry, options));
    if (wanted.length === 0 || client.destroyed) return;
    if (!client.write(Buffer.concat(wanted.map(framed)))) await drained(client);
  };
}

/** As Docker prints times: always nine digits. */
function nanoseconds(time: string): string {
  return time.replace(/(?:\.(\d+))?Z$/, (_, digits = "") => `.${digits.padEnd(9, "0")}Z`);
}

function isWanted({ stream, time }: LogEntry, { since, until, ...wanted }: LogsOptions): boolean {
  if (!wanted[stream]) return false;
  if (since === undefined && until === undefined) return true;
  const ms = Date.parse(time);
  return (since === undefined || ms >= since) && (until === undefined || ms <= until);
}

async function follow({ logPath, state }: Container, reader: LogReader, send: Send, gone: AbortSignal): Promise<void> {
  let isOver = false;
  const changes = new LogWatch(logPath);
  gone.addEventListener("abort", () => changes.wake(), { once: true });
  void state.wait("not-running", gone).then(() => {
    isOver = true;
    changes.wake();
  });
  try {
    while (!gone.aborted) {
      const wasOver = isOver; // what comes after the end is the last
      for await (const entries of reader.more()) await send(entries);
      if (wasOver) return;
      await changes.next();
    }
  } finally {
    changes.close();
  }
}
