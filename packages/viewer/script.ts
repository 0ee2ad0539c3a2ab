/**
 * The page's modules as one script, with no build step: types are erased, and each module becomes a function that returns its exports.
 *
 *     import { h } from "./element.ts";      const { h } = modules["element.ts"];
 *     export function storyPane() {…}        function storyPane() {…}        … return { storyPane };
 *
 * It knows the forms that page/ is written in: named exports of declarations, named imports from "./…". Others are an error.
 */
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "page");
const IMPORT = /^import \{([^}]*)\} from "\.\/([\w-]+\.ts)";$/gm;
const EXPORT = /^export ((?:async )?function|const|class) (\w+)/gm;

/** @throws {Error} When a module has an import or an export of another form, or imports itself by way of others. */
export function linkScript(entry = "main.ts"): string {
  const linked = new Map<string, string>();
  link(entry, linked, []);
  return `"use strict";\nconst modules = {};\n${[...linked.values()].join("\n")}`;
}

function link(name: string, linked: Map<string, string>, importers: readonly string[]): void {
  if (linked.has(name)) return;
  if (importers.includes(name)) throw new Error(`Cannot link ${[...importers, name].join(" → ")}: modules in a circle`);
  const source = eraseTypes(readFileSync(join(PAGE, name), "utf8"));
  for (const [, , imported] of source.matchAll(IMPORT)) link(imported!, linked, [...importers, name]);
  linked.set(name, asFunction(name, source));
}

function asFunction(name: string, source: string): string {
  const names = [...source.matchAll(EXPORT)].map((match) => match[2]);
  const body = source
    .replace(IMPORT, (_, imported, from) => `const {${imported}} = modules["${from}"];`)
    .replace(EXPORT, "$1 $2");
  const other = /^(import|export)\b.*/m.exec(body);
  if (other) throw new Error(`Cannot link page/${name}: ${other[0]}`);
  return `modules["${name}"] = (() => {\n${body}\nreturn { ${names.join(", ")} };\n})();`;
}

/** Node warns once a process that this may change; a person who asked for a page has no use for that. */
function eraseTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
