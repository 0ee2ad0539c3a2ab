/** The source files that have a page of their own on the site: those that chapters quote, that do a step, or that the ledger names. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { readChapters } from "../../book/chapter.ts";
import { DECLARED_STEPS } from "../../book/declared-steps.ts";
import { readLedger } from "../../book/ledger.ts";
import { CLONE } from "../../paths.ts";
import { placeOfStep } from "../markdown/recorded.ts";

/** Where a file is quoted: its chapters' ids, by its path below the clone. */
export const SOURCE_FILES: ReadonlyMap<string, readonly string[]> = findSourceFiles();

/** @param file - `packages/docker-2013/docker/main.ts`. @returns Nothing where it has no page. */
export function sourceLink(file: string, line?: number): string | undefined {
  if (!SOURCE_FILES.has(file)) return undefined;
  return `/source/${file.replace(/^packages\//, "")}.html${line === undefined ? "" : `#L${line}`}`;
}

function findSourceFiles(): Map<string, string[]> {
  const quotes = readChapters("en").flatMap(({ id, snippets }) =>
    snippets.map(({ file }) => ({ id, file: join("packages", file) })),
  );
  const others = [
    ...DECLARED_STEPS.flatMap(({ id, era }) => placeOfStep(id, era)?.file ?? []),
    ...readLedger().flatMap(({ where }) => where.map((path) => join("packages", path))),
  ];
  const files = new Map(others.filter(isFile).map((file): [string, string[]] => [file, []]));
  for (const { id, file } of quotes) files.set(file, [...new Set([...(files.get(file) ?? []), id])]);
  return files;
}

function isFile(path: string): boolean {
  return path.endsWith(".ts") && existsSync(join(CLONE, path)) && statSync(join(CLONE, path)).isFile();
}
