/** Numbers of a page that nobody types: they are counted when it is built. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES } from "../../paths.ts";

/** @param of - For `lines`: a file or folder below packages/; for `version`: `node`. */
export function numberFor(kind: "lines" | "version", of: string): string {
  if (kind === "version") return process.versions[of] ?? missing(of);
  return String(linesOf(join(PACKAGES, of)));
}

function missing(name: string): never {
  throw new Error(`{{version ${name}}}: Node knows no such part`);
}

/** Lines of TypeScript that are neither empty nor comment, tests left out. */
function linesOf(path: string): number {
  if (!statSync(path).isDirectory()) return countLines(readFileSync(path, "utf8"));
  return readdirSync(path)
    .filter((name) => name !== "node_modules" && !name.endsWith(".test.ts"))
    .map((name) => join(path, name))
    .filter((child) => statSync(child).isDirectory() || child.endsWith(".ts"))
    .reduce((sum, child) => sum + linesOf(child), 0);
}

function countLines(text: string): number {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length;
}
