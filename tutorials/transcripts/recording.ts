/**
 * What a run of the book left for its site, below RECORDED:
 *
 *     runs.json               the events of each chapter's run, by the command
 *     tried.json              what the experiments after it came to, by the command
 *     printed/13-02.json      what the commands of a chapter printed, block by block
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TraceEvent } from "@eras/trace/event.ts";
import type { Chapter } from "../book/chapter.ts";
import { RECORDED } from "../paths.ts";
import type { Tried } from "../quiz/run-facts.ts";
import type { Transcript } from "./run-chapter.ts";

const RUNS_FILE = join(RECORDED, "runs.json");
const TRIED_FILE = join(RECORDED, "tried.json");
const PRINTED_DIR = join(RECORDED, "printed");

/** By a block's id: its commands, and the lines that each printed. */
export type Printed = Readonly<
  Record<string, readonly { readonly line: string; readonly printed: readonly string[] }[]>
>;

/** Beside those that are there already; one of the same command takes its place. */
export function keepRuns(runs: ReadonlyMap<string, readonly TraceEvent[]>): void {
  writeWhole(RUNS_FILE, { ...readRuns(), ...Object.fromEntries(runs) });
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
