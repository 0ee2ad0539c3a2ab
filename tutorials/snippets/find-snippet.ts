/**
 * Quoted code, found by name on the syntax tree of the source as it stands: what moves is found again, what is renamed is missed.
 *
 * oxc-parser, for it reads TypeScript as Node strips it, and gives each node its place in the text.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Comment, parseSync } from "oxc-parser";
import type { SnippetReference } from "../book/snippet-reference.ts";
import { PACKAGES } from "../paths.ts";

export interface Snippet {
  readonly code: string;
  /** First line of the code, docstring included where it is quoted; from 1. */
  readonly line: number;
  /** `packages/docker-2013/docker/main.ts` */
  readonly file: string;
}

/** As much of oxc's nodes as a snippet needs: places are offsets in UTF-16 units. */
interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  id?: { name: string } | null;
  key?: { name?: string };
  declaration?: SyntaxNode | null;
  declarations?: SyntaxNode[];
  init?: SyntaxNode | null;
  body?: SyntaxNode & { body?: SyntaxNode[] };
  value?: SyntaxNode;
}

/** @throws {Error} When the file or the name is missing, or the name stands there twice: what to do. */
export function findSnippet({ file, name, part, at }: SnippetReference, packages = PACKAGES): Snippet {
  const path = join(packages, file);
  if (!existsSync(path)) throw new Error(`${at}: there is no packages/${file}`);
  const source = readFileSync(path, "utf8");
  const { program, comments } = parseSync(path, source);
  const found = declarationsOf(program.body as unknown as SyntaxNode[], name);
  const [node] = found;
  if (!node) throw new Error(`${at}: packages/${file} has no "${name}": was it renamed or moved?`);
  if (found.length > 1) throw new Error(`${at}: packages/${file} has "${name}" ${found.length} times`);
  const start = lineStart(source, part === "body" ? node.start : docstringStart(source, comments, node.start));
  const end = part === "signature" ? bodyStart(node) : node.end;
  const code = unindent(source.slice(start, end).trimEnd());
  return {
    code: part === "signature" ? `${code.replace(/\s*(?:=>)?$/, "")};` : code,
    line: source.slice(0, start).split("\n").length,
    file: join("packages", file),
  };
}

/** The declarations of that name at the file's top level, exported or not, as a module has each once; of `Class.method`, that class's methods. */
function declarationsOf(statements: readonly SyntaxNode[], name: string): SyntaxNode[] {
  const [outer, method] = name.split(".");
  const nodes = statements.filter((statement) => namesOf(statement.declaration ?? statement).includes(outer!));
  if (method === undefined) return nodes;
  return nodes.flatMap(({ declaration, body }) =>
    ((declaration?.body ?? body)?.body ?? []).filter(({ key }) => key?.name === method),
  );
}

function namesOf({ id, declarations }: SyntaxNode): string[] {
  return [...(id ? [id.name] : []), ...(declarations ?? []).flatMap(({ id }) => id?.name ?? [])];
}

/** Where the comment above a node starts; the node itself where there is none directly above. */
function docstringStart(source: string, comments: readonly Comment[], start: number): number {
  const above = comments.findLast(({ type, end }) => type === "Block" && end <= start);
  return above && source.slice(above.end, start).trim() === "" ? above.start : start;
}

/** Where a function's braces, or an arrow's expression, start; a declaration without a body is its own signature. */
function bodyStart(node: SyntaxNode): number {
  const declaration = node.declaration ?? node.value ?? node;
  const body = declaration.body ?? declaration.declarations?.[0]?.init?.body;
  return body?.start ?? node.end;
}

function lineStart(source: string, offset: number): number {
  return source.lastIndexOf("\n", offset - 1) + 1;
}

function unindent(code: string): string {
  const indent = /^ */.exec(code)![0].length;
  return code.replaceAll(new RegExp(`^ {${indent}}`, "gm"), "");
}
