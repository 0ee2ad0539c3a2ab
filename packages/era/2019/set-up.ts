/** Puts in place what `era 2019` needs and does not find: a host that has been checked, a running daemon, the image. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { findBackground, isSameProgram } from "../background.ts";
import { checkHostOnce } from "../doctor/first-use.ts";
import { withLock } from "../lock.ts";
import { tell, tellNothing } from "../progress.ts";
import { setUpLock } from "../set-up.ts";
import type { ShelfImage } from "../shelf/shelf.ts";
import { startAndWait } from "../start.ts";
import { program } from "../world.ts";
import { clientEnvironment, daemonAnswers, hasImage } from "./ask.ts";
import { SHELF_COMMANDS } from "./requested-image.ts";
import { dockerd2019, type World2019 } from "./world.ts";

/**
 * Starts the daemon and brings `image`, unless they are there. Commands that come at the same time wait for each other.
 *
 * @throws {Error} When the host lacks something, before anything is started; when the daemon does not start.
 */
export async function setUp2019(world: World2019, image: ShelfImage | undefined): Promise<void> {
  const needs = async () => (await import("../doctor/needs-2019.ts")).needs2019(world);
  try {
    if (process.geteuid?.() !== 0) await checkHostOnce(world, needs); // says so, and what else is missing; the lock would only fail
    await withLock(setUpLock(world), async () => {
      await checkHostOnce(world, needs);
      await ensureDaemon(world);
      if (image !== undefined) await ensureImage(world, image);
    });
  } finally {
    tellNothing();
  }
}

async function ensureDaemon(world: World2019): Promise<void> {
  const daemon = dockerd2019(world);
  if (await daemonAnswers(world)) {
    const pid = findBackground(world, daemon);
    if (pid === undefined || isSameProgram(pid, daemon)) return;
    throw new Error(
      `Cannot use ${world.rootDir}: the dockerd with pid ${pid} has its state elsewhere: pnpm era down 2019`,
    );
  }
  tell("starting dockerd");
  await startAndWait(world, daemon, () => daemonAnswers(world));
}

async function ensureImage(world: World2019, image: ShelfImage): Promise<void> {
  if (await hasImage(world, image)) return;
  tell(`making image ${image} of what this machine has`);
  await importImage(world, image);
}

/** Makes an image of the shelf the daemon's. */
export async function importImage(world: World2019, image: ShelfImage): Promise<void> {
  const { openImageTar } = await import("../shelf/shelf.ts");
  const words = ["import", "--change", `CMD ${JSON.stringify([SHELF_COMMANDS[image]])}`, "-", `${image}:latest`];
  const client = spawn(program("docker-2019"), words, {
    env: clientEnvironment(world),
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(client, "close") as Promise<[status: number | null]>;
  await pipeline(Readable.from(await openImageTar(image)), client.stdin!).catch(() => {}); // the client says why
  const [status] = await ended;
  if (status !== 0) throw new Error(`Cannot make image ${image}: docker import ended with ${status}`);
}
