/**
 * `era 2019 ARGS…`: the client of 2019, with everything that it needs put in place first.
 *
 *     ask the daemon ── answers, has the image ──▶ become docker-2019
 *           └── no ──▶ set-up.ts (checks, daemon, image) ──▶ become docker-2019
 *
 * A pull of an image that is on the shelf too doesn't need a network: pull.ts.
 */
import { program } from "../world.ts";
import { clientEnvironment, daemonAnswers, hasImage } from "./ask.ts";
import { imageWish } from "./requested-image.ts";
import { openWorld2019, type World2019 } from "./world.ts";

/** Does not return, mostly: the process becomes the client. @param words - What follows `era 2019`: the client's arguments. */
export async function run2019(words: readonly string[]): Promise<number> {
  const world = openWorld2019();
  if (asksForHelp(words)) return becomeClient(world, words);
  const wish = imageWish(words);
  if (wish?.kind === "pull") return (await import("./pull.ts")).pull2019(world, words, wish.image);
  const isSetUp = wish === undefined ? daemonAnswers(world) : hasImage(world, wish.image);
  if (!(await isSetUp)) {
    const { setUp2019 } = await import("./set-up.ts");
    await setUp2019(world, wish?.image);
  }
  return becomeClient(world, words);
}

const becomeClient = (world: World2019, words: readonly string[]) =>
  process.execve?.(program("docker-2019"), ["docker-2019", ...words], clientEnvironment(world)) as never;

const GROUPS = ["container", "image", "network", "system", "volume"];
const HELP = ["--help", "-h", "help", "--version", "-v"];

/** Whoever reads about docker needs none: `--help`, `run --help`, `container run --help`; what comes later may be a container's command. */
function asksForHelp([first, ...others]: readonly string[]): boolean {
  if (first === undefined || HELP.includes(first)) return true;
  return others[GROUPS.includes(first) ? 1 : 0] === "--help";
}
