/** Runs a chapter's commands from top to bottom, in a fresh world, and compares what they print. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TraceEvent } from "@eras/trace/event.ts";
import { parseSpool } from "@eras/trace/timeline.ts";
import type { Chapter } from "../book/chapter.ts";
import type { Command, CommandBlock } from "../book/command-block.ts";
import { type Bindings, matchOutput } from "./match-output.ts";
import { type CommandOutcome, ShellSession } from "./shell-session.ts";
import { runInTerminal } from "./terminal-block.ts";
import { ChapterWorld } from "./world.ts";

/** What a block's commands came to, one after the other. */
export interface RunBlock {
  readonly block: CommandBlock;
  readonly outcomes: readonly CommandOutcome[];
}

export interface Transcript {
  readonly chapter: string;
  readonly blocks: readonly RunBlock[];
  /** Events of traces that its commands wrote to `$TMPDIR/NAME.jsonl`, by name. */
  readonly traces: ReadonlyMap<string, TraceEvent[]>;
  /** Where the chapter says something else than what was printed. */
  readonly problems: readonly string[];
}

/** @param note - Told of each command before it runs. */
export async function runChapter(
  { id, commands }: Chapter,
  note: (line: string) => void = () => {},
): Promise<Transcript> {
  const world = await ChapterWorld.create();
  const session = new ShellSession(world);
  const blocks: { block: CommandBlock; outcomes: CommandOutcome[] }[] = [];
  const problems: string[] = [];
  let traces: ReadonlyMap<string, TraceEvent[]> = new Map();
  try {
    for (const block of commands) {
      await world.prepare(block.world);
      const outcomes: CommandOutcome[] = [];
      blocks.push({ block, outcomes });
      for (const command of block.commands) {
        note(command.line);
        outcomes.push(await run(block, command, session, world));
      }
    }
    traces = readTraces(world.env.TMPDIR!);
  } catch (error) {
    problems.push(`${id}: ${(error as Error).message}`);
  } finally {
    session.end();
    for (const left of await world.remove()) problems.push(`${id}: left on the machine: ${left}`);
  }
  return { chapter: id, blocks, traces, problems: [...checkOutputs(id, blocks), ...problems] };
}

/** @param id - The chapter's. @returns Where it says something else than what was printed: file, block, command, and both lines. */
export function checkOutputs(id: string, blocks: readonly RunBlock[]): string[] {
  const bindings: Bindings = new Map();
  return blocks.flatMap(({ block, outcomes }) =>
    outcomes.flatMap((outcome, index) => {
      const command = block.commands[index]!;
      const problem = judge(command, outcome, bindings);
      return problem === undefined ? [] : [`${block.at}: ${id}/${block.id}: $ ${command.line}: ${problem}`];
    }),
  );
}

async function run(
  block: CommandBlock,
  command: Command,
  session: ShellSession,
  world: ChapterWorld,
): Promise<CommandOutcome> {
  if (!block.tty) return session.run(command.line);
  return { lines: await runInTerminal(command, world), exitCode: command.exitCode };
}

function readTraces(dir: string): Map<string, TraceEvent[]> {
  const files = readdirSync(dir).filter((name) => name.endsWith(".jsonl"));
  return new Map(files.map((name) => [name, parseSpool(readFileSync(join(dir, name), "utf8"))]));
}

function judge({ output, exitCode }: Command, outcome: CommandOutcome, bindings: Bindings): string | undefined {
  const difference = matchOutput(output.map(withoutKeys), outcome.lines, bindings);
  if (difference) return difference;
  return exitCode === outcome.exitCode ? undefined : `expected exit ${exitCode}, got ${outcome.exitCode}`;
}

/** A key that is pressed at a prompt shows nothing there. */
export function withoutKeys(line: string): string {
  return line.replace(/(?<=# )(\^[CDPQZ])+$/, "").trimEnd();
}
