/**
 * `era 2019 ARGS…`: the client of 2019, with everything that it needs put in place first.
 *
 *     ask the daemon ── answers, has the image ──▶ become docker-2019
 *           └── no ──▶ set-up.ts (checks, daemon, image) ──▶ become docker-2019
 */
import { program } from "../world.ts";
import { daemonAnswers, hasImage } from "./ask.ts";
import { requestedImage } from "./requested-image.ts";
import { openWorld2019, socketPath } from "./world.ts";

/** Does not return: the process becomes the client. @param words - What follows `era 2019`: the client's arguments. */
export async function run2019(words: readonly string[]): Promise<number> {
  const world = openWorld2019();
  const image = requestedImage(words);
  const isSetUp = image === undefined ? daemonAnswers(world) : hasImage(world, image);
  if (!(await isSetUp)) {
    const { setUp2019 } = await import("./set-up.ts");
    await setUp2019(world, image);
  }
  const env = { ...process.env, DOCKER_HOST: `unix://${socketPath(world)}` };
  return process.execve?.(program("docker-2019"), ["docker-2019", ...words], env) as never;
}
