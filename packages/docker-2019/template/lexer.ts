/** Cuts a template into text and actions, and an action into words. */
import { Misreading } from "./template-error.ts";

export interface Word {
  readonly kind: "field" | "variable" | "name" | "string" | "raw" | "character" | "number" | "symbol";
  readonly text: string;
  /** In the template. */
  readonly at: number;
  /** Whether a blank stands before it: `.A .B` is two fields, `.A.B` is one in another. */
  readonly apart: boolean;
}

export interface Action {
  readonly words: readonly Word[];
  readonly source: string;
  readonly at: number;
}

export type Piece = { readonly text: string } | Action;

const OPEN = "{{";
/** A sign with a blank before it takes away the white space that follows: `{{.ID -}}`. */
const CLOSE = /(\s-)?\}\}/y;
const WORD =
  /(\.[\p{L}_][\p{L}\p{N}_]*)|(\$[\p{L}\p{N}_]*)|([\p{L}_][\p{L}\p{N}_]*)|("(?:[^"\\\n]|\\.)*")|(`[^`]*`)|('(?:[^'\\\n]|\\.)*')|([-+]?(?:\d|\.\d)[\p{L}\p{N}_.]*)|(:=|[!-/:-@[-`{-~])/uy;
const KINDS = ["field", "variable", "name", "string", "raw", "character", "number", "symbol"] as const;
/** What may follow a name without a blank. */
const TERMINATOR = /[\s.,|:()]|\}\}|$/y;

/** @throws {Misreading} */
export function cut(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let isTrimmed = false;
  for (let open = template.indexOf(OPEN); open !== -1; open = template.indexOf(OPEN, at)) {
    const trims = /^-\s/.test(template.slice(open + OPEN.length, open + OPEN.length + 2));
    pieces.push({ text: trimmed(template.slice(at, open), isTrimmed, trims) });
    const { action, end, trimsAfter } = readAction(template, open + OPEN.length + (trims ? 2 : 0));
    if (action) pieces.push(action);
    at = end;
    isTrimmed = trimsAfter;
  }
  pieces.push({ text: trimmed(template.slice(at), isTrimmed, false) });
  return pieces;
}

function trimmed(text: string, atStart: boolean, atEnd: boolean): string {
  const left = atStart ? text.trimStart() : text;
  return atEnd ? left.trimEnd() : left;
}

interface Read {
  /** None of a comment. */
  readonly action?: Action;
  readonly end: number;
  readonly trimsAfter: boolean;
}

/** @param start - After the braces. */
function readAction(template: string, start: number): Read {
  if (template.startsWith("/*", start)) return readComment(template, start);
  const words: Word[] = [];
  for (let at = start; ; ) {
    const close = closeAt(template, at);
    if (close) {
      checkParentheses(words, at);
      return { action: { words, source: template.slice(start, at).trim(), at: start }, ...close };
    }
    const word = readWord(template, at);
    words.push(word);
    at = word.at + word.text.length;
  }
}

function readComment(template: string, start: number): Read {
  const end = template.indexOf("*/", start);
  if (end === -1) throw new Misreading(start, "unclosed comment");
  CLOSE.lastIndex = end + 2;
  const close = CLOSE.exec(template);
  if (!close) throw new Misreading(end, "comment ends before closing delimiter");
  return { end: CLOSE.lastIndex, trimsAfter: close[1] !== undefined };
}

function closeAt(template: string, at: number): Pick<Read, "end" | "trimsAfter"> | undefined {
  for (CLOSE.lastIndex = at; ; CLOSE.lastIndex = ++at) {
    const close = CLOSE.exec(template);
    if (close) return { end: CLOSE.lastIndex, trimsAfter: close[1] !== undefined };
    if (!/\s/.test(template[at] ?? "")) return undefined;
  }
}

function checkParentheses(words: readonly Word[], at: number): void {
  const open = words.reduce((depth, { text }) => depth + (text === "(" ? 1 : text === ")" ? -1 : 0), 0);
  if (open > 0) throw new Misreading(at, "unclosed left paren");
}

function readWord(template: string, from: number): Word {
  const at = from + /^\s*/.exec(template.slice(from))![0].length;
  WORD.lastIndex = at;
  const match = WORD.exec(template);
  if (!match) throw new Misreading(at, at < template.length ? unreadable(template, at) : "unclosed action");
  const index = match.slice(1).findIndex((group) => group !== undefined);
  const word: Word = { kind: KINDS[index]!, text: match[0], at, apart: at > from };
  checkWord(template, word);
  return word;
}

function unreadable(template: string, at: number): string {
  return `unrecognized character in action: ${codePoint(String.fromCodePoint(template.codePointAt(at)!))}`;
}

function checkWord(template: string, { kind, text, at }: Word): void {
  if (text === '"') throw new Misreading(at, "unterminated quoted string");
  if (text === "`") throw new Misreading(at, "unterminated raw quoted string");
  if (text === "'") throw new Misreading(at, "unterminated character constant");
  if (kind === "number" && Number.isNaN(numberOf(text)))
    throw new Misreading(at, `bad number syntax: ${JSON.stringify(text)}`);
  if (text === "-" || text === "+") throw new Misreading(at, `illegal number syntax: ${JSON.stringify(text)}`);
  if (!["field", "variable", "name"].includes(kind) && text !== ".") return;
  TERMINATOR.lastIndex = at + text.length;
  if (!TERMINATOR.test(template)) throw new Misreading(at, `bad character ${codePoint(template[at + text.length]!)}`);
}

/** `3`, `-0.5`, `1e3`, `0x1F`, `1_000`; NaN of what isn't one. */
export function numberOf(text: string): number {
  return Number(text.replaceAll("_", ""));
}

const codePoint = (character: string) =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")} '${character}'`;
