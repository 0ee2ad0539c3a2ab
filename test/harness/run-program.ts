/** Programs that a test runs to their end, several at once if it likes. */
import { spawn } from "node:child_process";

export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, or null when a signal ended the program. */
  readonly status: number | null;
}

export interface ProgramOptions {
  readonly input?: string | Buffer | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
  /** Called when it prints, with all that it has printed on stdout so far. */
  readonly onStdout?: (stdout: string) => void;
}

/**
 * Runs a program; without `input` its stdin is empty, without `env` it has a shell's few variables.
 *
 * @throws {Error} When it cannot be started. That it fails is a result.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { input, env = shellEnvironment(), cwd, onStdout }: ProgramOptions = {},
): Promise<ProgramResult> {
  const child = spawn(program, args, { env, ...(cwd !== undefined && { cwd }) });
  child.stdin.on("error", () => {}); // a program that ends before it has read its input
  child.stdin.end(input);
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => (output[stream] += text));
  if (onStdout) child.stdout.on("data", () => onStdout(output.stdout));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ ...output, status }));
  });
}

/** What a plain shell has: nothing of the test runner, whose `node_modules` come first in PATH. */
export function shellEnvironment(): NodeJS.ProcessEnv {
  const { PATH = "", HOME, TERM } = process.env;
  const directories = PATH.split(":").filter((directory) => !directory.includes("node_modules"));
  return { PATH: directories.join(":"), HOME, TERM };
}
