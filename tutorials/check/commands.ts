/** What a reader types does the same in bash, dash and zsh, and writes nowhere but where the book says. */
import type { Chapter } from "../book/chapter.ts";

/** Something is written below a variable. Where that is empty, as in a new terminal, it would be written below the host's `/`. */
const WRITES_BELOW =
  /(?:>\s*|--trace=|(?<![\w-])(?:-C|-cf|mkdir|rmdir|rm|touch|chmod|chown|tee)\s(?:[^|;&]*\s)?)"?\$(?<name>\w+)\//;

/** zsh makes one word of it, the others several. */
const SPLITS = /\bfor \w+ in \$(?<name>\w+)\s*;/;

export function checkCommands(chapters: readonly Chapter[]): string[] {
  return chapters.flatMap(({ path, commands, predictions, quiz }) => [
    ...commands.flatMap(({ at, commands }) => commands.flatMap(({ line }) => problemsOf(at, line))),
    ...[...predictions, ...quiz].flatMap((item) => (item.try === undefined ? [] : problemsOf(path, item.try))),
  ]);
}

function problemsOf(at: string, line: string): string[] {
  const written = WRITES_BELOW.exec(line)?.groups?.name;
  const split = SPLITS.exec(line)?.groups?.name;
  return [
    ...(written === undefined
      ? []
      : [`${at}: writes below $${written}, which may be empty: \${${written}:?} in: ${line}`]),
    ...(split === undefined ? [] : [`${at}: zsh does not take $${split} apart: ${line}`]),
  ];
}
