/** For tests: what an init does with its own process happens in a child that a Node of its own has forked, as runc does it. */
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { SINGLE_THREADED } from "@eras/linux/fork.ts";

const TIMEOUT_MS = 50_000;

const HEAD = `
import { writeSync } from "node:fs";
import { _exit, fork } from "@eras/linux/fork.ts";
import { waitpid } from "@eras/linux/wait.ts";
const report = (value) => writeSync(1, JSON.stringify(value) + "\\n");
`;

/**
 * Runs code in a forked child.
 *
 * @param imports - Import declarations; "./rootfs/mounts.ts" names a file of runc's.
 * @param body - Statements; may call `report`, and may end with an execve.
 * @param parent - What its parent does meanwhile: statements that may use the child's `pid`.
 * @returns What was passed to `report`, and other lines of standard output as texts, in order. An exception gives `{ error }`.
 */
export function inFork(imports: string, body: string, parent = ""): unknown[] {
  const source = `${imports}${HEAD}
    const pid = fork();
    if (pid !== 0) {
      ${parent}
      if (waitpid(pid).status !== 0) process.exitCode = 1;
    } else {
      try { ${body} } catch (error) { report({ error: error.message }); }
      _exit(0);
    }`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...SINGLE_THREADED, "--input-type=module-typescript", "--eval", source],
    { cwd: dirname(import.meta.dirname), encoding: "utf8", timeout: TIMEOUT_MS, killSignal: "SIGKILL" },
  );
  if (status !== 0) throw new Error(`Child ended with ${status}:\n${stdout}${stderr}`);
  return stdout.split("\n").filter(Boolean).map(parsed);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
