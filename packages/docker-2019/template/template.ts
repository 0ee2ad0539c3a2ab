/**
 * Templates as `--format` takes them: the part of Go's text/template that people use.
 *
 *     {{define "row"}} … {{end}}   {{template "row" .}}   {{block "row" .}} … {{end}}
 *     {{.Field.Sub}}   {{json .}}   {{range .List}} … {{end}}   {{if eq .A "b"}} … {{else}} … {{end}}   {{index .Map "key"}}   {{.A | upper}}
 *
 * @see https://pkg.go.dev/text/template
 */
import { checkArgument, entries, FUNCTIONS, format, goType, isTrue } from "./functions.ts";
import { isGoMap } from "./go-map.ts";
import { type Node, parseTemplate, type Templates } from "./parser.ts";
import type { Command, Operand, Pipeline } from "./pipeline-parser.ts";
import { ExecutionFailure, executeError, Misreading, type Place, parseError } from "./template-error.ts";

export interface TemplateOptions {
  /** In messages alone: `version`. */
  readonly name?: string;
  /** What Go's docker calls the value's type, where it isn't a map: `*formatter.ContainerContext`. */
  readonly type?: string;
}

export class Template {
  readonly #text: string;
  readonly #options: TemplateOptions;
  readonly #templates: Templates;

  /** @throws {TemplateError} When it can't be read. */
  constructor(text: string, options: TemplateOptions = {}) {
    this.#text = text;
    this.#options = options;
    try {
      this.#templates = parseTemplate(text, options.name ?? "");
    } catch (error) {
      throw error instanceof Misreading ? parseError(options.name ?? "", text, error) : error;
    }
  }

  /** @throws {TemplateError} When the value has no such field, or a function doesn't like what it is given. */
  execute(value: unknown): string {
    try {
      return new Execution(value, this.#options, this.#templates).text();
    } catch (error) {
      throw error instanceof ExecutionFailure ? executeError(this.#options.name ?? "", this.#text, error) : error;
    }
  }
}

/** Go's; here the stack ends sooner. */
const MAX_DEPTH = 100_000;
/** Of a command that is the first of its pipeline. */
const NOTHING = Symbol("no value piped");
type Piped = unknown | typeof NOTHING;

/** `{{break}}`, `{{continue}}`: on the way to its range. */
class RangeExit {
  readonly type: "break" | "continue";

  constructor(type: RangeExit["type"]) {
    this.type = type;
  }
}

class Execution {
  readonly #root: unknown;
  readonly #type: string | undefined;
  /** Of what is executed; the others are known by theirs. */
  readonly #name: string;
  readonly #templates: Templates;
  #text = "";
  /** The innermost last. */
  readonly #variables: { readonly name: string; value: unknown }[];
  /** What is being looked at: what a failure is said to be of. */
  #place: Place = { at: 0, text: "" };

  constructor(root: unknown, { name = "", type }: TemplateOptions, templates: Templates) {
    this.#root = root;
    this.#type = type;
    this.#name = name;
    this.#templates = templates;
    this.#variables = [{ name: "$", value: root }];
  }

  text(): string {
    this.#nodes(this.#templates.get(this.#name)!, this.#root);
    return this.#text;
  }

  #nodes(nodes: readonly Node[], dot: unknown): void {
    for (const node of nodes) this.#node(node, dot);
  }

  #node(node: Node, dot: unknown): void {
    if (node.type === "text") this.#text += node.text;
    else if (node.type === "break" || node.type === "continue") throw new RangeExit(node.type);
    else if (node.type === "template") this.#template(node, dot);
    else if (node.type === "print") {
      const value = this.#pipeline(node.pipeline, dot);
      if (node.pipeline.variables.length === 0) this.#text += format(value);
    } else this.#block(node, dot);
  }

  #block(node: Extract<Node, { body: unknown }>, dot: unknown): void {
    const known = this.#variables.length;
    try {
      const value = this.#pipeline(node.pipeline, dot);
      if (node.type === "range") this.#range(node, value, dot);
      else if (!isTrue(value)) this.#nodes(node.otherwise, dot);
      else this.#nodes(node.body, node.type === "with" ? value : dot);
    } finally {
      this.#variables.length = known;
    }
  }

  #range({ pipeline, body, otherwise }: Extract<Node, { body: unknown }>, value: unknown, dot: unknown): void {
    const elements = this.#elements(value);
    if (elements.length === 0) this.#nodes(otherwise, dot);
    const known = this.#variables.length;
    const two = pipeline.variables.length === 2;
    for (const [key, element] of elements) {
      this.#variables.length = known;
      if (pipeline.variables.length > 0) this.#variables.at(-1)!.value = element;
      if (two) this.#variables.at(-2)!.value = key;
      if (this.#isBroken(body, element)) return;
    }
  }

  #isBroken(body: readonly Node[], element: unknown): boolean {
    try {
      this.#nodes(body, element);
    } catch (error) {
      if (!(error instanceof RangeExit)) throw error;
      return error.type === "break";
    }
    return false;
  }

  /** It sees what it is given, and nothing else. */
  #template(node: Extract<Node, { type: "template" }>, dot: unknown): void {
    this.#place = node;
    const { name, pipeline } = node;
    if (!this.#templates.has(name)) throw this.#failure(`template ${JSON.stringify(name)} not defined`);
    const value = pipeline && this.#pipeline(pipeline, dot);
    const options = { name, ...(this.#type !== undefined && value === this.#root && { type: this.#type }) };
    try {
      this.#text += new Execution(value, options, this.#templates).text();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // the stack has come to its end
      this.#place = node;
      throw this.#failure(`exceeded maximum template depth (${MAX_DEPTH})`);
    }
  }

  #elements(value: unknown): readonly (readonly [unknown, unknown])[] {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return [...value.entries()];
    if (typeof value === "object") return entries(value);
    throw this.#failure(`range can't iterate over ${format(value)}`);
  }

  /** The value of each command is the last argument of the next. */
  #pipeline({ variables, assigns, commands }: Pipeline, dot: unknown): unknown {
    const value = commands.reduce<Piped>((piped, command) => this.#command(command, dot, piped), NOTHING);
    for (const name of variables) {
      if (assigns) this.#assign(name, value);
      else this.#variables.push({ name, value });
    }
    return value;
  }

  #assign(name: string, value: unknown): void {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (!variable) throw this.#failure(`undefined variable: ${name}`);
    variable.value = value;
  }

  #command(command: Command, dot: unknown, piped: Piped): unknown {
    const [first, ...rest] = command.operands;
    if (first.type === "function") return this.#call(first.name, command, dot, piped);
    if (first.type === "field") return this.#field(first, dot, rest, piped);
    this.#place = first;
    if (rest.length > 0 || piped !== NOTHING) throw this.#failure(`can't give argument to non-function ${first.text}`);
    if (first.type === "nil") throw this.#failure("nil is not a command");
    return this.#operand(first, dot);
  }

  #operand(operand: Operand, dot: unknown): unknown {
    this.#place = operand;
    switch (operand.type) {
      case "dot":
        return dot;
      case "nil":
        return null;
      case "constant":
        return operand.value;
      case "variable":
        return this.#variables.findLast(({ name }) => name === operand.name)!.value; // the parser has seen it
      case "function":
        return this.#call(operand.name, { ...operand, operands: [operand] }, dot, NOTHING);
      case "pipeline":
        return this.#pipeline(operand.pipeline, dot);
      case "field":
        return this.#field(operand, dot, [], NOTHING);
    }
  }

  #call(name: string, command: Command, dot: unknown, piped: Piped): unknown {
    const { params, rest, run } = FUNCTIONS[name]!; // the parser has seen that it is there
    const [identifier, ...operands] = command.operands;
    this.#place = identifier;
    this.#checkCount(name, operands.length + (piped === NOTHING ? 0 : 1), params.length, rest !== undefined);
    const paramOf = (index: number) => params[index] ?? rest ?? "any";
    const args = operands.map((operand, index) => this.#argument(operand, dot, paramOf(index)));
    if (piped !== NOTHING) args.push(this.#checked(piped, paramOf(operands.length)));
    try {
      return run(...(args as never[])); // their types have been checked
    } catch (cause) {
      const message = `error calling ${name}: ${(cause as Error).message}`;
      throw new ExecutionFailure(command, message, { template: this.#name, cause });
    }
  }

  #argument(operand: Operand, dot: unknown, param: string): unknown {
    const value = this.#operand(operand, dot);
    if (operand.type === "constant" && checkArgument(value, param) !== undefined)
      throw this.#failure(`expected ${param === "int" ? "integer" : param}; found ${operand.text}`);
    return this.#checked(value, param);
  }

  #checked(value: unknown, param: string): unknown {
    const expected = checkArgument(value, param);
    if (expected === undefined) return value;
    throw this.#failure(`wrong type for value; expected ${expected}; got ${goType(value)}`);
  }

  #checkCount(name: string, got: number, want: number, takesMore: boolean): void {
    if (got === want || (takesMore && got > want)) return;
    throw this.#failure(`wrong number of args for ${name}: want ${takesMore ? "at least " : ""}${want} got ${got}`);
  }

  #field(field: Extract<Operand, { names: unknown }>, dot: unknown, args: readonly Operand[], piped: Piped): unknown {
    let value = field.of.type === "dot" ? dot : this.#operand(field.of, dot);
    if (field.of.type !== "pipeline") this.#place = field;
    for (const [index, name] of field.names.entries()) {
      const isLast = index === field.names.length - 1;
      value = this.#member(value, name, isLast ? args : [], isLast ? piped : NOTHING, dot);
    }
    return value;
  }

  #member(value: unknown, name: string, args: readonly Operand[], piped: Piped, dot: unknown): unknown {
    if (value === undefined) return undefined; // what no map has, has no members
    if (value === null) throw this.#failure(`nil pointer evaluating interface {}.${name}`);
    if (typeof value !== "object")
      throw this.#failure(`can't evaluate field ${name} in type ${this.#type ? goType(value) : "interface {}"}`);
    if (isGoMap(value) && !Object.hasOwn(value, name)) return undefined;
    const found = (value as Readonly<Record<string, unknown>>)[name in value ? name : jsonName(name)];
    const given = args.length + (piped === NOTHING ? 0 : 1);
    if (given > 0 && typeof found !== "function" && this.#type === undefined)
      throw this.#failure(`${name} is not a method but has arguments`);
    if (found === undefined && !(name in value)) throw this.#missing(value, name);
    if (typeof found !== "function") {
      this.#checkCount(name, given, 0, false);
      return found;
    }
    this.#checkCount(name, given, 1, false);
    return found(...args.map((one) => this.#argument(one, dot, "string")), ...(piped === NOTHING ? [] : [piped]));
  }

  #missing(value: object, name: string): ExecutionFailure {
    return this.#failure(
      value === this.#root && this.#type !== undefined
        ? `can't evaluate field ${name} in type ${this.#type}`
        : `map has no entry for key ${JSON.stringify(name)}`,
    );
  }

  #failure(message: string): ExecutionFailure {
    return new ExecutionFailure(this.#place, message, { template: this.#name });
  }
}

/** What Go's docker calls `ID` and `CPUShares` is `Id` and `CpuShares` in JSON; templates of the original may say either. */
function jsonName(name: string): string {
  return name === "ID" ? "Id" : name.replace(/^CPU/, "Cpu");
}
