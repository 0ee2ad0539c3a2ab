/** `docker --trace COMMAND`: runs the command in another docker, and shows what happens in it, dockerd, containerd, the shim, runc and the init. */
import { checkTraceFile } from "@eras/trace/trace-file.ts";
import { runTracedCommand } from "../traced-command/trace-run.ts";
import { ExitStatus } from "./exit-status.ts";
import { readFlagWords } from "./flag-words.ts";
import { GLOBAL_OPTIONS } from "./globals.ts";

/**
 * @param file - Where to; empty: lines on stderr.
 * @param line - All of docker's command line.
 * @throws {ExitStatus} That of the command.
 */
export async function traceCommand(file: string, line: readonly string[]): Promise<never> {
  checkTraceFile(file);
  const { args: words } = readFlagWords(line, GLOBAL_OPTIONS, true);
  const globalWords = line.slice(0, line.length - words.length);
  throw new ExitStatus(await runTracedCommand(file, { program: "docker-2019", globalWords, words }));
}
