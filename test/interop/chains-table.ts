/**
 * The README's table of chains, which the test of the chains writes between two comments:
 *
 *     | dockerd | containerd | shim | docker ours, runc ours | docker ours, runc genuine | …
 *     | ours | ours | genuine | 6 of 6 | 5 of 6: no stop | …
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Maker } from "./chain-programs.ts";
import type { StackPrograms } from "./docker-stack.ts";

const README = resolve(import.meta.dirname, "../../README.md");
const BEGIN = "<!-- written by test/interop/docker-chains.test.ts -->\n";
const END = "<!-- until here -->\n";

/** The client and the runtime, between which the stack is: a column, where a stack is a row. */
export interface Ends {
  readonly client: Maker;
  readonly runtime: Maker;
}

/** @param missed - The cases, of `all`, that a chain has not done. */
export function chainsTable(
  rows: readonly StackPrograms[],
  columns: readonly Ends[],
  all: readonly string[],
  missed: (row: StackPrograms, column: Ends) => readonly string[],
): string {
  const cell = (row: StackPrograms, column: Ends) => {
    const not = missed(row, column);
    return `${all.length - not.length} of ${all.length}${not.length > 0 ? `: no ${not.join(", ")}` : ""}`;
  };
  const head = [
    "dockerd",
    "containerd",
    "shim",
    ...columns.map((ends) => `docker ${ends.client}, runc ${ends.runtime}`),
  ];
  const body = rows.map((row) => [
    row.dockerd,
    row.containerd,
    row.shim,
    ...columns.map((column) => cell(row, column)),
  ]);
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** What the README has now. */
export function writtenTable(): string {
  const [, rest = ""] = readFileSync(README, "utf8").split(BEGIN);
  return rest.split(END)[0]!;
}

/** Puts a table in the place of the one that is there. @throws {Error} When the README has no place for one. */
export function writeTable(table: string): void {
  const [before, rest] = readFileSync(README, "utf8").split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (after === undefined) throw new Error(`Cannot write the table of chains: ${README} lacks ${BEGIN}and ${END}`);
  writeFileSync(README, [before, BEGIN, table, END, after].join(""));
}
