/**
 * The parser of filters.ts: a scanner that knows where it is, and a method for each rule of the grammar.
 *
 * The same characters mean different things in a field and in a value (a "." ends the one and belongs to the other), so the scanner
 * is told which of the two comes next.
 */

import { type QuoteMark, unquote } from "./filter-quote.ts";
import type { Operator, Selector } from "./filters.ts";

type TokenKind = "end" | "quoted" | "word" | "value" | "separator" | "operator" | "other";

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it begins. */
  readonly position: number;
}

const WORD = /[A-Za-z0-9_]+/y;
const OPERATOR = /[=!~]+/y;
/** What is white, a control or a comma ends a value. */
const VALUE = /[^\p{White_Space}\p{C},]+/uy;
const WHITE = /\p{White_Space}*/uy;
/** A quotation, and its end however far away; `\` takes the next character along. */
const QUOTED = {
  '"': /"(?:\\.|[^"\\\n])*"/uy,
  "|": /\|(?:\\.|[^|\\\n])*\|/uy,
  "/": /\/(?:\\.|[^/\\\n])*\//uy,
} as const;

export class FilterParser {
  readonly #input: string;
  #position = 0;
  /** After an operator comes a value. */
  #valueNext = false;

  constructor(input: string) {
    this.#input = input;
  }

  /** All there is. @throws {Error} With the place. */
  selectors(): Selector[] {
    const selectors = [this.#selector()];
    while (this.#peek() === ",") {
      this.#next();
      selectors.push(this.#selector());
    }
    const rest = this.#peek();
    if (rest !== undefined) throw this.#error(this.#position, `unexpected input: ${rest}`);
    return selectors;
  }

  #selector(): Selector {
    const path = this.#fieldPath();
    if (this.#peek() === undefined || this.#peek() === ",") return { path, operator: "present", value: "" };
    const operator = this.#operator();
    return { path, operator, value: this.#value(operator) };
  }

  #fieldPath(): string[] {
    const path = [this.#field()];
    while (this.#peek() === ".") {
      this.#next();
      path.push(this.#field());
    }
    return path;
  }

  #field(): string {
    const token = this.#next();
    if (token.kind === "word") return token.text;
    if (token.kind === "quoted") return this.#unquote(token, ['"']);
    throw this.#error(token.position, "expected field or quoted");
  }

  #operator(): Exclude<Operator, "present"> {
    const { kind, text, position } = this.#next();
    if (kind !== "operator") throw this.#error(position, 'expected an operator ("=="|"!="|"~=")');
    if (text === "==" || text === "!=" || text === "~=") return text;
    throw this.#error(position, `unsupported operator "${text}"`);
  }

  #value(operator: Operator): string {
    const token = this.#next();
    if (token.kind === "value" || token.kind === "word") return token.text;
    if (token.kind === "quoted") return this.#unquote(token, operator === "~=" ? ['"', "|", "/"] : ['"']);
    throw this.#error(token.position, "expected value or quoted");
  }

  #unquote({ text, position }: Token, allowed: readonly QuoteMark[]): string {
    if (!allowed.some((mark) => text.startsWith(mark))) throw this.#error(position, "invalid quote encountered");
    try {
      return unquote(text);
    } catch (cause) {
      throw this.#error(position, (cause as Error).message);
    }
  }

  /** The character that comes next, white or not; undefined at the end. */
  #peek(): string | undefined {
    const code = this.#input.codePointAt(this.#position);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }

  #next(): Token {
    this.#take(WHITE);
    const position = this.#position;
    const first = this.#peek();
    const token = (kind: TokenKind, text: string): Token => ({ kind, text, position });
    if (first === undefined) return token("end", "");
    if (first === '"' || first === "|" || first === "/") return token("quoted", this.#quotation(first));
    if (first === "," || first === ".") return this.#after(token("separator", this.#take(/[,.]/y)));
    if (/[=!~]/.test(first)) return this.#after(token("operator", this.#take(OPERATOR)));
    if (this.#valueNext) return this.#after(token("value", this.#take(VALUE)));
    const word = this.#take(WORD);
    return word === "" ? token("other", first) : token("word", word);
  }

  #after(token: Token): Token {
    this.#valueNext = token.kind === "operator";
    return token;
  }

  #quotation(mark: QuoteMark): string {
    const text = this.#take(QUOTED[mark]);
    if (text === "") throw this.#error(this.#position, "quoted literal not terminated");
    return text;
  }

  /** As much of the input as an expression takes from here, maybe nothing. */
  #take(expression: RegExp): string {
    expression.lastIndex = this.#position;
    const text = expression.exec(this.#input)?.[0] ?? "";
    this.#position += text.length;
    return text;
  }

  #error(position: number, reason: string): Error {
    const [at] = this.#input.slice(position);
    const before = this.#input.slice(0, position);
    const place = at === undefined ? this.#input : `${before} >|${at}|< ${this.#input.slice(position + at.length)}`;
    return new Error(`parse error: [${place}]: ${reason}`);
  }
}
