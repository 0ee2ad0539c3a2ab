/** Cuts a template into text and actions, and an action into words. */

export interface Word {
  readonly kind: "field" | "variable" | "name" | "string" | "number" | "symbol";
  readonly text: string;
  /** Whether a blank stands before it: `.A .B` is two fields, `.A.B` is one in another. */
  readonly apart: boolean;
}

export type Piece = { readonly text: string } | { readonly action: readonly Word[]; readonly source: string };

/** What went wrong with a template, in the words of Go's text/template. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

const ACTION = /\{\{(- )?((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^}"`]|\}(?!\}))*?)( -)?\}\}/g;
const WORD =
  /(\s*)(?:(\.[\p{L}_][\p{L}\p{N}_]*)|(\$[\p{L}\p{N}_]*)|([\p{L}_][\p{L}\p{N}_]*)|("(?:[^"\\]|\\.)*"|`[^`]*`)|([-+]?\d+(?:\.\d+)?)|(:=|[().,|=]))/uy;
const KINDS = ["field", "variable", "name", "string", "number", "symbol"] as const;

/** @throws {TemplateError} */
export function cut(template: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  let trimsNext = false;
  for (const match of template.matchAll(ACTION)) {
    const [whole, trimsBefore, source = "", trimsAfter] = match;
    pieces.push({ text: trim(template.slice(end, match.index), trimsNext, trimsBefore !== undefined) });
    if (!source.trimStart().startsWith("/*")) pieces.push({ action: words(source), source: source.trim() });
    end = match.index + whole.length;
    trimsNext = trimsAfter !== undefined;
  }
  const rest = template.slice(end);
  if (rest.includes("{{")) throw new TemplateError("template: :1: unclosed action");
  pieces.push({ text: trim(rest, trimsNext, false) });
  return pieces;
}

function trim(text: string, atStart: boolean, atEnd: boolean): string {
  const left = atStart ? text.trimStart() : text;
  return atEnd ? left.trimEnd() : left;
}

function words(source: string): Word[] {
  const found: Word[] = [];
  WORD.lastIndex = 0;
  const end = source.trimEnd().length;
  while (WORD.lastIndex < end) {
    const at = WORD.lastIndex;
    const match = WORD.exec(source);
    if (!match)
      throw new TemplateError(`template: :1: unexpected ${JSON.stringify(source.slice(at).trim()[0])} in operand`);
    const index = match.slice(2).findIndex((group) => group !== undefined);
    found.push({ kind: KINDS[index]!, text: match[index + 2]!, apart: match[1] !== "" || at === 0 });
  }
  return found;
}
