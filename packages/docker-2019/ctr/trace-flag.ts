/** `ctr --trace COMMAND`, `ctr --trace=FILE COMMAND`: shows what happens in ctr, containerd, the shim, runc and the init. */
import { Option } from "commander";
import { GROUPS } from "./groups.ts";

const FLAG = "--trace";
const NAMES = new Set(GROUPS.flatMap(({ name, aliases }) => [name, ...aliases]));

/** For the help. */
export const TRACE_OPTION = new Option(
  `${FLAG} [=file]`,
  "show what happens, in all processes; or write it to a page (.html) or for Perfetto (.json)",
);

/** A command line with the flag, taken apart. */
export interface TracedLine {
  /** Empty for lines on stderr. */
  readonly file: string;
  readonly globalWords: readonly string[];
  readonly words: readonly string[];
}

/** Nothing when the line has no such flag before its command: what comes after it may be a container's own. */
export function findTrace(line: readonly string[]): TracedLine | undefined {
  const command = line.findIndex((word) => NAMES.has(word));
  const globalWords = line.slice(0, Math.max(0, command));
  const flag = globalWords.find((word) => word === FLAG || word.startsWith(`${FLAG}=`));
  if (flag === undefined) return undefined;
  return { file: flag.slice(`${FLAG}=`.length), globalWords, words: line.slice(command) };
}
