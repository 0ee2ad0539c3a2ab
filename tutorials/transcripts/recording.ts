/**
 * What a run of the book left for its site, below RECORDED:
 *
 *     runs.json               the events of each chapter's run, by the command
 *     sources.json            the source files that those events name, as they were then: a digest of each, by the command
 *     tried.json              what the experiments after it came to, by the command
 *     printed/13-02.json      what the commands of a chapter printed, block by block
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TraceEvent } from "@eras/trace/event.ts";
import type { Chapter } from "../book/chapter.ts";
import { CLONE, RECORDED } from "../paths.ts";
import type { Tried } from "../quiz/run-facts.ts";
import type { Transcript } from "./run-chapter.ts";

const RUNS_FILE = join(RECORDED, "runs.json");
const SOURCES_FILE = join(RECORDED, "sources.json");
const TRIED_FILE = join(RECORDED, "tried.json");
const PRINTED_DIR = join(RECORDED, "printed");

/** By a block's id: its commands, and the lines that each printed. */
export type Printed = Readonly<
  Record<string, readonly { readonly line: string; readonly printed: readonly string[] }[]>
>;

/** Beside those that are there already; one of the same command takes its place. */
export function keepRuns(runs: ReadonlyMap<string, readonly TraceEvent[]>): void {
  writeWhole(RUNS_FILE, { ...readRuns(), ...Object.fromEntries(runs) });
  const sources = [...runs].map(([run, events]) => [run, digestsOf(events.flatMap(({ file }) => file ?? []))]);
  writeWhole(SOURCES_FILE, { ...readSources(), ...Object.fromEntries(sources) });
}

/** Whether a run's lines are still where its events say. No for one that was not recorded. */
export function isCurrent(run: string, sources = readSources()): boolean {
  const then = sources[run];
  if (!then) return false;
  const now = digestsOf(Object.keys(then));
  return Object.entries(then).every(([file, digest]) => digest === now[file]);
}

/** By the command, and by the file's path below the clone. */
type Sources = Readonly<Record<string, Readonly<Record<string, string>>>>;

function readSources(): Sources {
  return existsSync(SOURCES_FILE) ? JSON.parse(readFileSync(SOURCES_FILE, "utf8")) : {};
}

/** @param files - Below the clone. Those that are gone are left out. */
function digestsOf(files: readonly string[]): Record<string, string> {
  const present = [...new Set(files)].filter((file) => existsSync(join(CLONE, file)));
  const digest = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(CLONE, file)))
      .digest("hex");
  return Object.fromEntries(present.map((file) => [file, digest(file)]));
}

/** By the command; empty when nothing was recorded yet. */
export function readRuns(): Record<string, TraceEvent[]> {
  return existsSync(RUNS_FILE) ? JSON.parse(readFileSync(RUNS_FILE, "utf8")) : {};
}

/** As `keepRuns()`. */
export function keepTried(tried: ReadonlyMap<string, Tried>): void {
  writeWhole(TRIED_FILE, { ...readTried(), ...Object.fromEntries(tried) });
}

/** By the run; empty when nothing was recorded yet. */
export function readTried(): Record<string, Tried> {
  return existsSync(TRIED_FILE) ? JSON.parse(readFileSync(TRIED_FILE, "utf8")) : {};
}

export function keepPrinted({ chapter, blocks }: Transcript): void {
  const printed: Printed = Object.fromEntries(
    blocks.map(({ block, outcomes }) => [
      block.id,
      outcomes.map(({ lines }, index) => ({ line: block.commands[index]!.line, printed: lines })),
    ]),
  );
  writeWhole(printedFile(chapter), printed);
}

/** Whether what was recorded are the commands that the chapter has now. */
export function hasPrinted({ id, commands }: Chapter): boolean {
  const recorded = readPrinted(id);
  return commands.every((block) => {
    const lines = recorded[block.id]?.map(({ line }) => line);
    return lines?.join("\n") === block.commands.map(({ line }) => line).join("\n");
  });
}

/** @returns Nothing of a chapter that has not been run yet. */
export function readPrinted(chapter: string): Printed {
  const file = printedFile(chapter);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Printed) : {};
}

function printedFile(chapter: string): string {
  return join(PRINTED_DIR, `${chapter}.json`);
}

/** Who reads meanwhile, as the site's build may, finds the file as it was or as it is. */
function writeWhole(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(content));
  renameSync(`${path}.new`, path);
}
