/**
 * Which run the current code belongs to, and the one function that writes an event of it.
 *
 * A short-lived program belongs to one run from its start: {@link startTracing} takes it from the environment. A daemon serves many
 * runs at once: {@link traceRequest} binds one request, and all that it awaits, to the run that asked.
 *
 *     ERAS_TRACE         the run's spool file; absent = not traced
 *     ERAS_TRACE_PARENT  the span that started this program
 *
 * Not traced, nothing is loaded or opened: an event costs one test of a variable.
 */
import type { AsyncLocalStorage } from "node:async_hooks";
import { closeSync, constants, openSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import type { TraceEvent, TraceKind } from "./event.ts";

/** One actor's part in one run. */
interface Span {
  readonly run: string;
  readonly spoolPath: string;
  /** Held open by a program, which may leave the file system behind. A daemon opens the file for each event, to keep no descriptor. */
  readonly fd?: number;
  readonly actor: string;
  readonly span: string;
  readonly parent: string | undefined;
}

type Details = Omit<Partial<TraceEvent>, "run" | "seq" | "t_ns" | "actor" | "ppid" | "span" | "parent">;

const { O_APPEND, O_NONBLOCK, O_WRONLY } = constants;
const PROJECT_ROOT = resolve(import.meta.dirname, "../..");

let ofProgram: Span | undefined;
let ofRequest: AsyncLocalStorage<Span> | undefined;
let self: { pid: number; ppid: number } | undefined;
let seq = 0;

/** The span that the calling code belongs to, or nothing where the run is not traced. */
function currentSpan(): Span | undefined {
  return ofRequest?.getStore() ?? ofProgram;
}

/** Whether events of the calling code are being written. Ask before computing something that only a trace needs. */
export function isTraced(): boolean {
  return ofProgram !== undefined || ofRequest?.getStore() !== undefined;
}

/**
 * Makes this program a part of the run that its environment names, if any.
 *
 * Call first thing: the spool file stays open, close-on-exec, so that a program which leaves the host's file system behind still
 * reaches it, and the program that it becomes does not. Takes the variables out of `process.env`, so that no container sees them.
 *
 * @returns Whether the run is traced.
 */
export function startTracing(actor: string): boolean {
  const { ERAS_TRACE: spoolPath, ERAS_TRACE_PARENT: parent } = process.env;
  delete process.env.ERAS_TRACE;
  delete process.env.ERAS_TRACE_PARENT;
  const fd = spoolPath ? openSpool(spoolPath) : undefined;
  if (!spoolPath || fd === undefined) return false;
  ofProgram = { ...newSpan(spoolPath, actor, parent), fd };
  emit("begin", actor, { args: { argv: process.argv.slice(2) } });
  process.once("exit", endTracing);
  return true;
}

/**
 * Makes a process that a program of the run has forked an actor of its own. It writes to the same file; its ids are others.
 *
 * It ends by becoming another program or by _exit(2): call {@link endTracing} before.
 *
 * @param pid - As the host sees it: the process itself may have no /proc that says so.
 */
export function continueTracing(actor: string, pid: number): void {
  if (!ofProgram || !self) return;
  self = { pid, ppid: self.pid };
  ofProgram = { ...ofProgram, actor, span: newId(), parent: ofProgram.span };
  emit("begin", actor);
}

/** The descriptor of the spool file, for a process that closes all others. None where the program is not traced. */
export function traceFds(): readonly number[] {
  return ofProgram?.fd === undefined ? [] : [ofProgram.fd];
}

/**
 * Ends the program's own span, as its exit does by itself. A program that becomes another by execve says it before; one that becomes a
 * daemon when it is ready.
 */
export function endTracing(): void {
  if (!ofProgram) return;
  emit("end", ofProgram.actor);
  if (ofProgram.fd !== undefined) closeSync(ofProgram.fd);
  ofProgram = undefined;
}

/**
 * Runs `work` as one request of the run with this spool file: events of `work`, and of all that it awaits or starts, belong to it.
 *
 * @param parent - The span that sent the request, where the protocol tells.
 */
export function traceRequest<Result>(
  spoolPath: string,
  actor: string,
  parent: string | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  if (!ofRequest) process.once("exit", endUnderWay);
  ofRequest ??= new AsyncLocalStorage<Span>();
  const span = newSpan(spoolPath, actor, parent);
  return ofRequest.run(span, () => bounded(actor, work));
}

/** Marks a stretch of the current request as a span of its own, such as the monitor that outlives the request. */
export function traceSpan<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const outer = ofRequest?.getStore();
  if (!outer || !ofRequest) return work();
  return ofRequest.run({ ...outer, span: newId(), parent: outer.span }, () => bounded(name, work));
}

/**
 * Keeps the calling code's run, for what comes of it later by another way: when a daemon that started something hears how it has ended.
 *
 * @returns Does work as a part of that run, in a span of this name; as part of none where nothing is traced.
 */
export function keepRun(name: string): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const outer = ofRequest?.getStore();
  return outer ? (work) => ofRequest!.run(outer, () => traceSpan(name, work)) : (work) => work();
}

/** Each ends a span that is under way. A daemon may be asked to end itself, and then no answer ever comes. */
const underWay = new Set<() => void>();

function endUnderWay(): void {
  for (const end of underWay) end();
}

async function bounded<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  const end = AsyncLocalStorage.bind(() => emit("end", name));
  emit("begin", name);
  underWay.add(end);
  try {
    return await work();
  } finally {
    underWay.delete(end);
    end();
  }
}

/** Environment for a program that this code starts, so that it joins the run. Empty where nothing is traced. */
export function traceEnvironment(): Record<string, string> {
  const span = currentSpan();
  return span ? { ERAS_TRACE: span.spoolPath, ERAS_TRACE_PARENT: span.span } : {};
}

/** The actor whose work the calling code is; undefined where nothing is traced. */
export function tracedActor(): string | undefined {
  return currentSpan()?.actor;
}

/**
 * Writes one event of the current run; does nothing where the run is not traced.
 *
 * The source position is that of the nearest caller outside this package and the gate to the kernel, unless `details` gives one.
 */
export function emit(kind: TraceKind, name: string, details: Details = {}): void {
  const span = currentSpan();
  if (!span) return;
  self ??= processIds();
  const event: TraceEvent = {
    run: span.run,
    seq: seq++,
    t_ns: Number(process.hrtime.bigint()),
    actor: span.actor,
    ...self,
    span: span.span,
    ...(span.parent !== undefined && { parent: span.parent }),
    kind,
    name,
    ...callerPosition(),
    ...details,
  };
  append(span, `${JSON.stringify(event)}\n`);
}

function append(span: Span, line: string): void {
  if (span.fd !== undefined) writeSync(span.fd, line);
  else appendToFile(span.spoolPath, line);
}

function appendToFile(path: string, line: string): void {
  const fd = openSpool(path);
  if (fd === undefined) return;
  writeSync(fd, line);
  closeSync(fd);
}

/** Nothing when whoever asked for the trace has stopped reading and removed the file: the work itself goes on. */
function openSpool(path: string): number | undefined {
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_NONBLOCK); // a FIFO without a reader must not stop a daemon
  } catch {
    return undefined;
  }
}

function newSpan(spoolPath: string, actor: string, parent: string | undefined): Span {
  return { run: basename(spoolPath).replace(/\..*$/, ""), spoolPath, actor, span: newId(), parent };
}

/** Twelve hexadecimal digits, by chance, and without the library that would be sure of it. */
export function newId(): string {
  return Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, "0");
}

/** As the host sees them: /proc is still the host's when a program starts, and shows ids of the namespace it was mounted in. */
function processIds(): { pid: number; ppid: number } {
  const pid = Number(readlinkSync("/proc/self"));
  const stat = readFileSync("/proc/self/stat", "latin1");
  const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  return { pid, ppid };
}

/** Files that emit on behalf of others: not where a reader wants to be led. */
const NOT_THE_SOURCE = ["packages/trace/", "packages/linux/", "/proto/", "/step.ts", "/tracing.ts"];

function callerPosition(): { file?: string; line?: number } {
  for (const site of process.getBuiltinModule("node:util").getCallSites(24)) {
    if (!site.scriptName.startsWith("file:")) continue;
    const file = relative(PROJECT_ROOT, new URL(site.scriptName).pathname);
    if (NOT_THE_SOURCE.some((part) => file.includes(part))) continue;
    return { file, line: site.lineNumber };
  }
  return {};
}
