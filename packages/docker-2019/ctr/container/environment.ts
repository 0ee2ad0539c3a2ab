/** Environments: lists of `NAME=value`, of which a later one overrides an earlier. */
import { readFileSync } from "node:fs";

/** The variables of `before`, with those of `after` in the place of what they override, or behind. `NAME` alone takes one away. */
export function overrideEnv(before: readonly string[], after: readonly string[]): string[] {
  const variables = new Map(before.map((one) => [nameOf(one), one]));
  for (const one of after) {
    if (one.includes("=")) variables.set(nameOf(one), one);
    else variables.delete(one);
  }
  return [...variables.values()];
}

function nameOf(variable: string): string {
  return variable.split("=", 1)[0]!;
}

/** The variables in a file: one a line. Empty lines and those with a `#` in front are nobody's. */
export function readEnvFile(path: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
