/** From the pieces of a template to a tree. */
import { cut, type Piece, TemplateError, type Word } from "./lexer.ts";

/** One command of a pipeline: an operand, or a function with its arguments. */
export type Operand =
  | { readonly type: "dot" }
  | { readonly type: "constant"; readonly value: unknown }
  | { readonly type: "variable"; readonly name: string }
  | { readonly type: "function"; readonly name: string }
  | { readonly type: "pipeline"; readonly pipeline: Pipeline }
  /** A method is a field whose value is a function; it takes the arguments that follow. */
  | { readonly type: "field"; readonly of: Operand; readonly name: string };

export interface Pipeline {
  /** `$a, $b :=` */
  readonly variables: readonly string[];
  readonly commands: readonly (readonly Operand[])[];
}

export type Node =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "print"; readonly pipeline: Pipeline }
  | {
      readonly type: "if" | "with" | "range";
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

const BLOCKS = ["if", "with", "range"];
const CONSTANTS: Readonly<Record<string, unknown>> = { true: true, false: false, nil: null };

/** @throws {TemplateError} */
export function parseTemplate(template: string): Node[] {
  const pieces = cut(template);
  const nodes = parseNodes(pieces);
  const extra = pieces.shift();
  if (extra && "action" in extra) throw new TemplateError(`template: :1: unexpected {{${extra.source}}}`);
  return nodes;
}

/** Up to an `end` or `else`, which stays. */
function parseNodes(pieces: Piece[]): Node[] {
  const nodes: Node[] = [];
  for (let piece = pieces[0]; piece !== undefined; piece = pieces[0]) {
    if ("text" in piece) {
      if (piece.text !== "") nodes.push({ type: "text", text: piece.text });
      pieces.shift();
      continue;
    }
    const [first, ...rest] = piece.action;
    if (!first) throw new TemplateError("template: :1: missing value for command");
    if (first.text === "end" || first.text === "else") return nodes;
    pieces.shift();
    if (first.kind === "name" && BLOCKS.includes(first.text)) nodes.push(parseBlock(first.text, rest, pieces));
    else nodes.push({ type: "print", pipeline: parsePipeline([...piece.action]) });
  }
  return nodes;
}

function parseBlock(name: string, words: readonly Word[], pieces: Piece[]): Node {
  const type = name as "if" | "with" | "range"; // one of BLOCKS
  const pipeline = parsePipeline([...words]);
  const body = parseNodes(pieces);
  const otherwise = isElse(pieces[0]) ? parseElse(pieces) : closed(pieces);
  return { type, pipeline, body, otherwise };
}

function isElse(piece: Piece | undefined): boolean {
  return piece !== undefined && "action" in piece && piece.action[0]?.text === "else";
}

/** `{{else}} … {{end}}`, or `{{else if …}} … {{end}}`, whose end is that of both. */
function parseElse(pieces: Piece[]): Node[] {
  const piece = pieces.shift() as Extract<Piece, { action: unknown }>; // isElse has seen that
  const [, next, ...condition] = piece.action;
  if (next) return [parseBlock(next.text, condition, pieces)];
  const nodes = parseNodes(pieces);
  closed(pieces);
  return nodes;
}

/** Takes the `end`. @returns No nodes. */
function closed(pieces: Piece[]): Node[] {
  if (!pieces.shift()) throw new TemplateError("template: :1: unexpected EOF");
  return [];
}

function parsePipeline(words: Word[]): Pipeline {
  const variables = parseDeclaration(words);
  const commands: Operand[][] = [];
  do {
    const command = parseCommand(words);
    if (command.length === 0) throw new TemplateError("template: :1: missing value for command");
    commands.push(command);
  } while (takeSymbol(words, "|"));
  return { variables, commands };
}

function parseDeclaration(words: Word[]): string[] {
  const at = words.findIndex(({ kind, text }) => kind === "symbol" && (text === ":=" || text === "="));
  if (at === -1) return [];
  const names = words.splice(0, at + 1).filter(({ kind }) => kind === "variable");
  return names.map(({ text }) => text);
}

function parseCommand(words: Word[]): Operand[] {
  const operands: Operand[] = [];
  while (words.length > 0 && !isSymbol(words[0], "|") && !isSymbol(words[0], ")")) {
    let operand = parseOperand(words);
    while (words[0]?.kind === "field" && !words[0].apart)
      operand = { type: "field", of: operand, name: words.shift()!.text.slice(1) };
    operands.push(operand);
  }
  return operands;
}

function parseOperand(words: Word[]): Operand {
  const { kind, text } = words.shift()!;
  if (kind === "field") return { type: "field", of: { type: "dot" }, name: text.slice(1) };
  if (kind === "variable") return { type: "variable", name: text };
  if (kind === "number") return { type: "constant", value: Number(text) };
  if (kind === "string") return { type: "constant", value: text[0] === "`" ? text.slice(1, -1) : JSON.parse(text) };
  if (kind === "name")
    return text in CONSTANTS ? { type: "constant", value: CONSTANTS[text] } : { type: "function", name: text };
  if (text === ".") return { type: "dot" };
  if (text !== "(") throw new TemplateError(`template: :1: unexpected ${JSON.stringify(text)} in operand`);
  const pipeline = parsePipeline(words);
  if (!takeSymbol(words, ")")) throw new TemplateError("template: :1: unclosed left paren");
  return { type: "pipeline", pipeline };
}

function isSymbol(word: Word | undefined, text: string): boolean {
  return word?.kind === "symbol" && word.text === text;
}

function takeSymbol(words: Word[], text: string): boolean {
  if (!isSymbol(words[0], text)) return false;
  words.shift();
  return true;
}
