/** The files that a trace can be written to. */
import { extname } from "node:path";

/** By the end of their names: a page to look at, a file for Perfetto, the events as they are, one a line. */
const KINDS = [".html", ".json", ".jsonl"];

/** @param file - What `--trace=FILE` says; empty for `--trace`. @throws {Error} When it is a file of another kind. */
export function checkTraceFile(file: string): void {
  if (file === "" || KINDS.includes(extname(file))) return;
  throw new Error(
    `Cannot trace into "${file}": expected a name that ends in .html (a page), .json (for Perfetto) or .jsonl (the events)`,
  );
}
