/** Where a chapter quotes code: `<<< docker-2013/docker/main.ts#main {signature}`. */

export const PARTS = ["whole", "signature", "body"] as const;
/** `whole`: docstring and code. `signature`: without the body. `body`: without the docstring. */
export type SnippetPart = (typeof PARTS)[number];

export interface SnippetReference {
  /** Below packages/. */
  readonly file: string;
  /** Of an export: `callTcp`; of a method of an exported class: `Terminal.resize`. */
  readonly name: string;
  readonly part: SnippetPart;
  /** Where it is quoted: `chapters/13-02.md:40`. */
  readonly at: string;
}

const REFERENCE = /^<<< (?<file>[\w./-]+\.ts)#(?<name>[\w.]+)(?: \{(?<part>signature|body)\})?$/;

/** @returns Nothing for a line that quotes no code. @throws {Error} For one that means to, and does so in another way. */
export function readSnippetReference(line: string, at: string): SnippetReference | undefined {
  if (!line.startsWith("<<<")) return undefined;
  const groups = REFERENCE.exec(line.trim())?.groups as { file: string; name: string; part?: SnippetPart } | undefined;
  if (!groups)
    throw new Error(`${at}: a snippet is "<<< package/file.ts#name", perhaps with {signature} or {body}: ${line}`);
  return { file: groups.file, name: groups.name, part: groups.part ?? "whole", at };
}
