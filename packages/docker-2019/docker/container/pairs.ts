/** `NAME=value`, by the word and by the file. */
import { readFileSync } from "node:fs";

/** `a=b` for each; without `=`, the value is empty. */
export function pairsToMap(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map(splitPair));
}

/** At the first `=`. */
export function splitPair(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf("=");
  return equals === -1 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

/** `-e NAME` hands on docker's own variable; where there is none, it takes the image's away. */
export function environment(files: readonly string[], words: readonly string[]): string[] {
  const fromFiles = files.flatMap((path) =>
    readPairs(path).flatMap((line) => (line.includes("=") ? [line] : ownVariable(line))),
  );
  return [...fromFiles, ...words.map((word) => ownVariable(word)[0] ?? word)];
}

/** `NAME=value` of docker's own; a word that has a value already stays as it is. */
function ownVariable(word: string): string[] {
  if (word.includes("=")) return [word];
  const value = process.env[word];
  return value === undefined ? [] : [`${word}=${value}`];
}

export function labels(files: readonly string[], words: readonly string[]): Record<string, string> {
  return pairsToMap([...files.flatMap(readPairs), ...words]);
}

/** Lines of a file, without empty ones and comments. @throws {Error} When a name has blanks in it. */
function readPairs(path: string): string[] {
  const lines = readFileSync(path, "utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/);
  return lines
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name] = splitPair(line);
      if (/\s/.test(name)) throw new Error(`poorly formatted environment: variable '${name}' contains whitespaces`);
      if (name === "") throw new Error(`poorly formatted environment: no variable name on line '${line}'`);
      return line;
    });
}

/** `A=b`, or `A`, whose value is our own. @throws {Error} */
export function checkVariable(text: string): string {
  if (text === "" || text.startsWith("=")) throw new Error(`invalid environment variable: ${text}`);
  return text;
}

/** `a=b`, or `a`. @throws {Error} */
export function checkLabel(text: string): string {
  if (splitPair(text)[0].trim() === "") throw new Error(`invalid label '${text}': empty name`);
  return text;
}
