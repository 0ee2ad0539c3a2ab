/** From the pieces of a template to a tree, and to those of the templates that it defines. */
import { type Action, cut, type Piece, type Word } from "./lexer.ts";
import { type Pipeline, PipelineParser, stringOf, unexpected } from "./pipeline-parser.ts";
import { Misreading, type Place } from "./template-error.ts";

export type Node =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "print"; readonly pipeline: Pipeline }
  | { readonly type: "break" }
  | { readonly type: "continue" }
  /** `{{template "row" .}}`: another one is put here. */
  | ({ readonly type: "template"; readonly name: string; readonly pipeline: Pipeline | undefined } & Place)
  | {
      readonly type: "if" | "with" | "range";
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

/** By name; the whole is among them. */
export type Templates = ReadonlyMap<string, readonly Node[]>;

const BLOCKS = ["if", "with", "range"] as const;
type Block = (typeof BLOCKS)[number];

/** @param name - What the whole is called. @throws {Misreading} */
export function parseTemplate(template: string, name: string): Templates {
  const parser = new Parser(cut(template), template.length);
  parser.whole(name);
  return parser.templates;
}

class Parser {
  readonly templates = new Map<string, readonly Node[]>();
  readonly #pieces: Piece[];
  readonly #end: number;
  readonly #pipelines: PipelineParser;
  /** How many ranges are around. */
  #ranges = 0;

  constructor(pieces: Piece[], end: number) {
    this.#pieces = pieces;
    this.#end = end;
    this.#pipelines = new PipelineParser(end);
  }

  /** Definitions stand in it, and nowhere deeper. */
  whole(name: string): void {
    const nodes = this.#nodes((action) => isKeyword(action, "define") && this.#define(action));
    const extra = this.#next();
    if (extra) throw new Misreading(extra.at, `unexpected {{${extra.source}}}`);
    this.#add(name, nodes, this.#end);
  }

  /** The action that comes next, where text has been read. */
  #next(): Action | undefined {
    const [piece] = this.#pieces;
    return piece && "words" in piece ? piece : undefined;
  }

  /** Up to an `end` or `else`, which stays. @param takes - Whether it has taken an action that leaves nothing here. */
  #nodes(takes: (action: Action) => boolean = () => false): Node[] {
    const nodes: Node[] = [];
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      if ("words" in piece && (isKeyword(piece, "end") || isKeyword(piece, "else"))) return nodes;
      this.#pieces.shift();
      if ("words" in piece) {
        if (!takes(piece)) nodes.push(this.#action(piece));
      } else if (piece.text !== "") nodes.push({ type: "text", text: piece.text });
    }
    return nodes;
  }

  #action(action: Action): Node {
    const { words, at, source } = action;
    const [first, ...rest] = words;
    const keyword = first?.kind === "name" ? first.text : "";
    const block = BLOCKS.find((name) => name === keyword);
    if (block) return this.#block(block, { words: rest, at, source });
    if (keyword === "break" || keyword === "continue") return this.#exit(keyword, first!, rest);
    if (keyword === "template") return this.#template(action);
    if (keyword === "block") return this.#definedHere(action);
    return { type: "print", pipeline: this.#pipelines.pipeline([...words], "command", at) };
  }

  #block(type: Block, { words, at }: Action): Node {
    return this.#pipelines.scope(() => {
      const pipeline = this.#pipelines.pipeline([...words], type, at);
      if (type === "range") this.#ranges++;
      const body = this.#nodes();
      if (type === "range") this.#ranges--;
      const closing = this.#closing();
      const otherwise = isKeyword(closing, "else") ? this.#otherwise(closing) : [];
      return { type, pipeline, body, otherwise };
    });
  }

  /** `{{else}} … {{end}}`, or `{{else if …}} … {{end}}`, whose end is that of both. */
  #otherwise({ words, at, source }: Action): Node[] {
    const [, next, ...condition] = words;
    if (next?.text === "if") return [this.#block("if", { words: condition, at, source })];
    if (next) throw new Misreading(next.at, `unexpected <${next.text}> in else`);
    const nodes = this.#nodes();
    const closing = this.#closing();
    if (isKeyword(closing, "else")) throw new Misreading(closing.at, "expected end; found {{else}}");
    return nodes;
  }

  #exit(type: "break" | "continue", { at }: Word, [extra]: readonly Word[]): Node {
    if (extra) throw unexpected(extra, `{{${type}}}`);
    if (this.#ranges === 0) throw new Misreading(at, `{{${type}}} outside {{range}}`);
    return { type };
  }

  /** `{{define "row"}} … {{end}}` @returns That there is nothing to put here. */
  #define(action: Action): true {
    const { name, rest } = nameOf(action, "define clause");
    if (rest[0]) throw unexpected(rest[0], "define clause");
    this.#body(name, "define clause");
    return true;
  }

  #template(action: Action): Node {
    const { name, at, rest } = nameOf(action, "template clause");
    const pipeline = rest.length > 0 ? this.#pipelines.pipeline([...rest], "template clause", at) : undefined;
    return templateNode(name, at, pipeline);
  }

  /** `{{block "row" .}} … {{end}}`: defines a template, and puts it here. */
  #definedHere(action: Action): Node {
    const { name, at, rest } = nameOf(action, "block clause");
    const pipeline = this.#pipelines.pipeline([...rest], "block clause", action.at);
    this.#body(name, "block clause");
    return templateNode(name, at, pipeline);
  }

  /** It knows no variables of what is around it. */
  #body(name: string, context: string): void {
    const ranges = this.#ranges;
    this.#ranges = 0;
    const nodes = this.#pipelines.scope(() => this.#nodes(), ["$"]);
    this.#ranges = ranges;
    const closing = this.#closing();
    if (isKeyword(closing, "else")) throw new Misreading(closing.at, `unexpected {{else}} in ${context}`);
    this.#add(name, nodes, closing.at);
  }

  /** One that is empty counts for nothing. */
  #add(name: string, nodes: readonly Node[], at: number): void {
    const known = this.templates.get(name);
    if (!known || isEmpty(known)) this.templates.set(name, nodes);
    else if (!isEmpty(nodes))
      throw new Misreading(at, `template: multiple definition of template ${JSON.stringify(name)}`);
  }

  #closing(): Action {
    const action = this.#next();
    if (!action) throw new Misreading(this.#end, "unexpected EOF");
    this.#pieces.shift();
    return action;
  }
}

/** Of `define "row"`. */
function nameOf({ words, at, source }: Action, context: string) {
  const [, word, ...rest] = words;
  if (!word) throw new Misreading(at + source.length, `unexpected "}}" in ${context}`);
  if (word.kind !== "string" && word.kind !== "raw") throw unexpected(word, context);
  const name = word.kind === "raw" ? word.text.slice(1, -1) : stringOf(word.text, word.at);
  return { name, at: word.at, rest };
}

function templateNode(name: string, at: number, pipeline: Pipeline | undefined): Node {
  const given = pipeline ? ` ${pipeline.text}` : "";
  return { type: "template", name, pipeline, at, text: `{{template ${JSON.stringify(name)}${given}}}` };
}

function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.type === "text" && node.text.trim() === "");
}

const isKeyword = ({ words: [first] }: Action, name: string) => first?.kind === "name" && first.text === name;
