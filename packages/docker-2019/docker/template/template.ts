/**
 * Templates as `--format` takes them: the part of Go's text/template that people use.
 *
 *     {{.Field.Sub}}   {{json .}}   {{range .List}} … {{end}}   {{if eq .A "b"}} … {{else}} … {{end}}   {{index .Map "key"}}   {{.A | upper}}
 *
 * @see https://pkg.go.dev/text/template
 */
import { entries, FUNCTIONS, format, isTrue } from "./functions.ts";
import { TemplateError } from "./lexer.ts";
import { type Node, type Operand, type Pipeline, parseTemplate } from "./parser.ts";

export class Template {
  readonly #nodes: readonly Node[];

  /** @throws {TemplateError} When it can't be read. */
  constructor(text: string) {
    this.#nodes = parseTemplate(text);
  }

  /** @throws {TemplateError} When the value has no such field, or a function doesn't like what it is given. */
  execute(value: unknown): string {
    return new Execution(value).nodes(this.#nodes, value);
  }
}

class Execution {
  readonly #variables: Map<string, unknown>;

  constructor(root: unknown) {
    this.#variables = new Map([["$", root]]);
  }

  nodes(nodes: readonly Node[], dot: unknown): string {
    return nodes.map((node) => this.#node(node, dot)).join("");
  }

  #node(node: Node, dot: unknown): string {
    if (node.type === "text") return node.text;
    const value = this.#pipeline(node.pipeline, dot, node.type !== "range");
    if (node.type === "print") return node.pipeline.variables.length > 0 ? "" : format(value);
    if (node.type === "range") return this.#range(node, value, dot);
    if (!isTrue(value)) return this.nodes(node.otherwise, dot);
    return this.nodes(node.body, node.type === "with" ? value : dot);
  }

  #range({ pipeline, body, otherwise }: Extract<Node, { body: unknown }>, value: unknown, dot: unknown): string {
    const elements = Array.isArray(value) ? [...value.entries()] : entries((value ?? {}) as object); // format() would show others
    if (elements.length === 0) return this.nodes(otherwise, dot);
    const [first, second] = pipeline.variables;
    return elements
      .map(([key, element]) => {
        if (second !== undefined) this.#variables.set(first!, key).set(second, element);
        else if (first !== undefined) this.#variables.set(first, element);
        return this.nodes(body, element);
      })
      .join("");
  }

  /** The value of each command is the last argument of the next. */
  #pipeline({ variables, commands }: Pipeline, dot: unknown, declares = true): unknown {
    const value = commands.reduce<{ value: unknown } | undefined>((piped, command) => {
      return { value: this.#command(command, dot, piped ? [piped.value] : []) };
    }, undefined)?.value;
    if (declares && variables[0] !== undefined) this.#variables.set(variables[0], value);
    return value;
  }

  #command([first, ...rest]: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    const args = [...rest.map((operand) => this.#operand(operand, dot)), ...piped];
    if (first!.type === "function") return call(first!.name, args);
    const value = this.#operand(first!, dot, args);
    if (args.length > 0 && first!.type !== "field")
      throw new TemplateError(`can't give argument to non-function ${format(value)}`);
    return value;
  }

  #operand(operand: Operand, dot: unknown, args: readonly unknown[] = []): unknown {
    switch (operand.type) {
      case "dot":
        return dot;
      case "constant":
        return operand.value;
      case "variable":
        if (!this.#variables.has(operand.name))
          throw new TemplateError(`template: :1: undefined variable "${operand.name}"`);
        return this.#variables.get(operand.name);
      case "function":
        return call(operand.name, []);
      case "pipeline":
        return this.#pipeline(operand.pipeline, dot);
      case "field":
        return field(this.#operand(operand.of, dot), operand.name, args);
    }
  }
}

function call(name: string, args: readonly unknown[]): unknown {
  const called = FUNCTIONS[name];
  if (!called) throw new TemplateError(`template: :1: function "${name}" not defined`);
  return called(...(args as never[])); // wrong ones throw
}

function field(value: unknown, name: string, args: readonly unknown[]): unknown {
  if (value === null || value === undefined)
    throw new TemplateError(`template: :1: nil pointer evaluating interface {}.${name}`);
  if (typeof value !== "object")
    throw new TemplateError(`template: :1: can't evaluate field ${name} in type ${goType(value)}`);
  if (!(name in value))
    throw new TemplateError(
      `template parsing error: template: :1: executing "" at <.${name}>: map has no entry for key "${name}"`,
    );
  const found = (value as Readonly<Record<string, unknown>>)[name]; // it is in it
  return typeof found === "function" ? found(...args) : found;
}

function goType(value: unknown): string {
  return typeof value === "number" ? "int" : typeof value === "boolean" ? "bool" : "string";
}
