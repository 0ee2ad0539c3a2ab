/** From the words of an action to a pipeline: what is computed. */
import { FUNCTIONS } from "./functions.ts";
import { numberOf, type Word } from "./lexer.ts";
import { Misreading, type Place } from "./template-error.ts";

/** One operand of a command: a value, or the function that is called with those that follow. */
export type Operand = Place &
  (
    | { readonly type: "dot" | "nil" }
    | { readonly type: "constant"; readonly value: unknown }
    | { readonly type: "variable"; readonly name: string }
    | { readonly type: "function"; readonly name: string }
    | { readonly type: "pipeline"; readonly pipeline: Pipeline }
    /** `.A.B` of something. A method is a field whose value is a function; it takes the arguments that follow. */
    | { readonly type: "field"; readonly of: Operand; readonly names: readonly string[] }
  );

export interface Command extends Place {
  readonly operands: readonly [Operand, ...Operand[]];
}

export interface Pipeline {
  /** `$a, $b :=` */
  readonly variables: readonly string[];
  /** `$a =`, of a variable that is there. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
  /** As it is told of. */
  readonly text: string;
}

/** What begins an action, and is nothing in a pipeline. */
const KEYWORDS = new Set(["define", "template", "block", "if", "else", "end", "range", "with", "break", "continue"]);
const CONSTANTS: Readonly<Record<string, boolean>> = { true: true, false: false };

export class PipelineParser {
  readonly #end: number;
  /** Those that are known so far: `$` is the whole. */
  #variables: readonly string[] = ["$"];

  /** @param end - Of the template. */
  constructor(end: number) {
    this.#end = end;
  }

  /** Variables that are declared meanwhile are forgotten. @param known - Those that are known at its beginning. */
  scope<Result>(work: () => Result, known = this.#variables): Result {
    const before = this.#variables;
    this.#variables = known;
    try {
      return work();
    } finally {
      this.#variables = before;
    }
  }

  /** @param context - What needs it, for what is said of a wrong one. */
  pipeline(words: Word[], context: string, at: number): Pipeline {
    const { variables, assigns } = declaration(words, context);
    const commands: Command[] = [];
    while (words.length > 0 && !isSymbol(words[0], ")")) {
      if (isOther(words[0]!)) throw unexpected(words[0]!, context);
      commands.push(this.#command(words));
    }
    if (commands.length === 0) throw new Misreading(at, `missing value for ${context}`);
    const passive = commands.slice(1).findIndex(({ operands: [first] }) => isPassive(first));
    if (passive !== -1) throw new Misreading(at, `non executable command in pipeline stage ${passive + 2}`);
    if (context !== PARENTHESES && words[0]) throw unexpected(words[0], context);
    this.#variables = [...this.#variables, ...variables];
    const computed = commands.map(({ text }) => text).join(" | ");
    const declared = variables.length > 0 ? `${variables.join(", ")} ${assigns ? "=" : ":="} ` : "";
    return { variables, assigns, commands, text: declared + computed };
  }

  #command(words: Word[]): Command {
    const operands: Operand[] = [];
    while (words.length > 0 && !isSymbol(words[0], ")") && !takeSymbol(words, "|")) {
      const [word] = words;
      if (isOther(word!) || (operands.length > 0 && !word!.apart)) throw unexpected(word!, "operand");
      operands.push(this.#operand(words));
    }
    const [first, ...rest] = operands;
    if (!first) throw new Misreading(this.#end, "empty command");
    return { operands: [first, ...rest], at: first.at, text: operands.map(({ text }) => text).join(" ") };
  }

  #operand(words: Word[]): Operand {
    const term = this.#term(words);
    const fields: Word[] = [];
    while (words[0]?.kind === "field" && !words[0].apart) fields.push(words.shift()!);
    if (fields.length === 0) return term;
    if (["constant", "dot", "nil"].includes(term.type))
      throw new Misreading(fields[0]!.at, `unexpected . after term ${JSON.stringify(term.text)}`);
    const names = fields.map(({ text }) => text.slice(1));
    const place = { at: fields[0]!.at, text: term.text + fields.map(({ text }) => text).join("") };
    if (term.type === "field") return { ...term, ...place, names: [...term.names, ...names] };
    return { type: "field", of: term, names, ...place };
  }

  #term(words: Word[]): Operand {
    const { kind, text, at } = words.shift()!;
    if (kind === "field")
      return { type: "field", of: { type: "dot", at, text: "." }, names: [text.slice(1)], at, text };
    if (kind === "variable") return this.#variable(text, at);
    if (kind === "number") return { type: "constant", value: numberOf(text), at, text };
    if (kind === "string") return { type: "constant", value: stringOf(text, at), at, text };
    if (kind === "raw") return { type: "constant", value: text.slice(1, -1), at, text };
    if (kind === "character")
      return { type: "constant", value: stringOf(`"${text.slice(1, -1)}"`, at).codePointAt(0), at, text };
    if (kind === "name") return named(text, at);
    if (text === ".") return { type: "dot", at, text };
    const pipeline = this.pipeline(words, PARENTHESES, at);
    words.shift(); // the lexer has counted them
    return { type: "pipeline", pipeline, at, text: `(${pipeline.text})` };
  }

  #variable(name: string, at: number): Operand {
    if (!this.#variables.includes(name)) throw new Misreading(at, `undefined variable "${name}"`);
    return { type: "variable", name, at, text: name };
  }
}

const PARENTHESES = "parenthesized pipeline";

function named(text: string, at: number): Operand {
  if (text === "nil") return { type: "nil", at, text };
  if (Object.hasOwn(CONSTANTS, text)) return { type: "constant", value: CONSTANTS[text], at, text };
  if (!Object.hasOwn(FUNCTIONS, text)) throw new Misreading(at, `function "${text}" not defined`);
  return { type: "function", name: text, at, text };
}

/** `$a :=`, `$a =`, and of `range` `$a, $b :=`. */
function declaration(words: Word[], context: string): Pick<Pipeline, "variables" | "assigns"> {
  const [first, operator, second, last] = words;
  if (first?.kind !== "variable") return { variables: [], assigns: false };
  if (operator?.text === ":=" || operator?.text === "=") {
    words.splice(0, 2);
    return { variables: [first.text], assigns: operator.text === "=" };
  }
  if (operator?.text !== ",") return { variables: [], assigns: false };
  if (context !== "range") throw new Misreading(first.at, `too many declarations in ${context}`);
  if (second?.kind !== "variable" || (last?.text !== ":=" && last?.text !== "="))
    throw new Misreading(first.at, "range can only initialize variables");
  words.splice(0, 4);
  return { variables: [first.text, second.text], assigns: last.text === "=" };
}

/** With Go's escapes, of which JSON knows but the more usual. */
export function stringOf(text: string, at: number): string {
  try {
    return JSON.parse(text.replace(/\\x([0-9a-fA-F]{2})/g, "\\u00$1"));
  } catch (cause) {
    throw new Misreading(at, `invalid syntax: ${text}: ${(cause as Error).message}`);
  }
}

/** What is no part of a pipeline: a character that begins nothing, or a word that begins an action. */
function isOther({ kind, text }: Word): boolean {
  return kind === "symbol" ? text !== "." && text !== "(" : kind === "name" && KEYWORDS.has(text);
}

/** What can't be given the value of the command before. */
const isPassive = ({ type }: Operand) => ["constant", "dot", "nil"].includes(type);

export function unexpected({ kind, text, at }: Word, context: string): Misreading {
  const isWord = (kind === "symbol" && text === ".") || (kind === "name" && KEYWORDS.has(text));
  return new Misreading(at, `unexpected ${isWord ? `<${text}>` : JSON.stringify(text)} in ${context}`);
}

function isSymbol(word: Word | undefined, text: string): boolean {
  return word?.kind === "symbol" && word.text === text;
}

function takeSymbol(words: Word[], text: string): boolean {
  if (!isSymbol(words[0], text)) return false;
  words.shift();
  return true;
}
