/**
 * `era 2013 ARGS…`: the client of January 2013, with everything that it needs put in place first.
 *
 *     ask the daemon ── answers, has the image ──▶ become docker-2013
 *           └── no ──▶ set-up.ts (checks, daemon, image) ──▶ become docker-2013
 *
 * Once all is set up this adds one question over loopback; the modules that set up are imported only when they are needed.
 */
import { checkTraceFile } from "@eras/trace/trace-file.ts";
import { requestedImage } from "./run-flags.ts";
import { hasImage, isListening } from "./wire.ts";
import { openWorld, program, type World } from "./world.ts";

/**
 * Runs one command of 2013's docker. Does not return unless the command is traced: the process becomes the client.
 *
 * @param words - What follows `era 2013`: `--trace` or `--trace=FILE`, then the client's arguments.
 * @returns The exit code of a traced command.
 */
export async function run2013(words: readonly string[]): Promise<number> {
  const { traced, file, args } = readTrace(words);
  const world = openWorld();
  const image = requestedImage(args);
  if (!(await isSetUp(world, image))) {
    const { setUp } = await import("./set-up.ts");
    await setUp(world, image);
  }
  const env = { ...process.env, DOCKER: world.tcp };
  if (!traced) return process.execve?.(program("docker-2013"), ["docker-2013", ...args], env) as never;
  const { runTracedClient } = await import("./trace-run.ts");
  return runTracedClient({ program: program("docker-2013"), args, env, runDir: world.runDir, file });
}

function readTrace(words: readonly string[]): { traced: boolean; file?: string; args: string[] } {
  const [first, ...rest] = words;
  if (first === "--trace") return { traced: true, args: rest };
  if (!first?.startsWith("--trace=")) return { traced: false, args: [...words] };
  const file = first.slice("--trace=".length);
  checkTraceFile(file);
  return { traced: true, file, args: rest };
}

const isSetUp = (world: World, image: string | undefined) =>
  image === undefined ? isListening(world.tcp) : hasImage(world, image);
