/**
 * Where JSON goes wrong, in the words of Go's decoder, which clients of Docker know.
 *
 *     {"Image":"busybox",}     invalid character '}' looking for beginning of object key string
 *     {"Image":                unexpected EOF
 *
 * Reads bytes one by one, as that decoder does, and keeps no stack of calls: how deep a value is makes no difference.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */

/** Deeper ones are refused. */
const MAX_DEPTH = 10_000;
const SPACE = /[ \t\r\n]/;
const DIGIT = /[0-9]/;
const HEX = /[0-9A-Fa-f]/;
const ESCAPES = '"\\/bfnrt';
const LITERALS: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };

/** What is wrong, and that the text ended too soon, if that is it. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
  readonly isCut: boolean;

  constructor(message: string, isCut = false) {
    super(message);
    this.isCut = isCut;
  }
}

/**
 * The end of the first value in a text.
 *
 * @param text - Bytes as characters (latin1).
 * @returns An index; undefined when there is nothing but space.
 * @throws {JsonSyntaxError}
 */
export function endOfValue(text: string): number | undefined {
  return new Scanner(text).scan();
}

/** What may come next. */
type Expected = "value" | "value or end" | "key" | "key or end" | "colon" | "comma or end";

class Scanner {
  readonly #text: string;
  readonly #open: ("{" | "[")[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): number | undefined {
    this.#skipSpace();
    if (this.#at >= this.#text.length) return undefined;
    for (let expected: Expected | undefined = "value"; expected !== undefined; ) {
      this.#skipSpace();
      expected = this.#step(expected);
    }
    return this.#at;
  }

  /** Takes what is next. @returns What may come then; undefined when the value is whole. */
  #step(expected: Expected): Expected | undefined {
    if (expected === "comma or end") return this.#afterValue();
    if (expected === "colon") return this.#take(":") ? "value" : this.#fail("after object key");
    if (expected === "value or end" && this.#peek() === "]") return this.#close();
    if (expected === "key or end" && this.#peek() === "}") return this.#close();
    if (expected === "value" || expected === "value or end") return this.#value();
    if (!this.#take('"')) this.#fail("looking for beginning of object key string");
    this.#string();
    return "colon";
  }

  #value(): Expected | undefined {
    const first = this.#peek();
    if (first === "{" || first === "[") {
      if (this.#open.push(first) > MAX_DEPTH) this.#fail("exceeded max depth");
      this.#at++;
      return first === "{" ? "key or end" : "value or end";
    }
    if (this.#take('"')) this.#string();
    else if (first === "-" || DIGIT.test(first)) this.#number();
    else if (LITERALS[first]) this.#literal(LITERALS[first]);
    else this.#fail("looking for beginning of value");
    return this.#open.length > 0 ? "comma or end" : undefined;
  }

  #afterValue(): Expected | undefined {
    const isObject = this.#open.at(-1) === "{";
    if (this.#peek() === (isObject ? "}" : "]")) return this.#close();
    if (!this.#take(",")) this.#fail(isObject ? "after object key:value pair" : "after array element");
    return isObject ? "key" : "value";
  }

  #close(): Expected | undefined {
    this.#at++;
    this.#open.pop();
    return this.#open.length > 0 ? "comma or end" : undefined;
  }

  /** Behind the first quote. */
  #string(): void {
    for (;;) {
      const char = this.#peek();
      if (char < " ") this.#fail("in string literal");
      this.#at++;
      if (char === '"') return;
      if (char === "\\") this.#escape();
    }
  }

  #escape(): void {
    if (this.#take("u")) {
      for (let digit = 0; digit < 4; digit++) this.#one(HEX, "in \\u hexadecimal character escape");
    } else if (ESCAPES.includes(this.#peek())) this.#at++;
    else this.#fail("in string escape code");
  }

  #number(): void {
    this.#take("-");
    if (!this.#take("0")) this.#digits("in numeric literal");
    if (this.#take(".")) this.#digits("after decimal point in numeric literal");
    if (!this.#take("e") && !this.#take("E")) return;
    if (!this.#take("+")) this.#take("-");
    this.#digits("in exponent of numeric literal");
  }

  #digits(context: string): void {
    this.#one(DIGIT, context);
    while (DIGIT.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #literal(word: string): void {
    for (const char of word) if (!this.#take(char)) this.#fail(`in literal ${word} (expecting '${char}')`);
  }

  #one(kind: RegExp, context: string): void {
    if (!kind.test(this.#peek())) this.#fail(context);
    this.#at++;
  }

  #take(char: string): boolean {
    const isNext = this.#text[this.#at] === char;
    if (isNext) this.#at++;
    return isNext;
  }

  #peek(): string {
    const char = this.#text[this.#at];
    if (char === undefined) throw new JsonSyntaxError("unexpected EOF", true);
    return char;
  }

  #skipSpace(): void {
    while (SPACE.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #fail(context: string): never {
    throw new JsonSyntaxError(`invalid character ${quoted(this.#peek())} ${context}`);
  }
}

/** As Go quotes a byte. */
function quoted(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  const text = JSON.stringify(char).slice(1, -1);
  return `'${text.replace(/\\u00(..)/, "\\x$1").replace("\x7f", "\\x7f")}'`;
}
