/** For tests: code that changes its own process runs in a Node child, so that the test runner stays as it is. */
import { spawnSync } from "node:child_process";

const HEAD = "const report = (value) => console.log(JSON.stringify(value));\n";

/**
 * Runs a module in a Node child and gives what it passed to `report`.
 *
 * @param source - TypeScript; imports of "./x.ts" name files of this package.
 * @returns The values, in order.
 * @throws {Error} With the child's stderr, when it fails or when a signal ends it.
 */
export function inChild(source: string): unknown[] {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, nodeArguments(source), {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Child ended with ${status ?? signal}:\n${stderr}`);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

/** Node's arguments to run a module that may call `report`; the working directory must be this package. */
export function nodeArguments(source: string): string[] {
  return ["--input-type=module-typescript", "--eval", HEAD + source];
}
