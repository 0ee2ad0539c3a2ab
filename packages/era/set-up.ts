/** Puts in place what `era 2013` needs and does not find: a host that has been checked, a running daemon, the image. */
import { join } from "node:path";
import { archiveServer } from "./archive.ts";
import { findBackground, startBackground } from "./background.ts";
import { startDockerd } from "./dockerd.ts";
import { checkHostOnce } from "./doctor/first-use.ts";
import { withLock } from "./lock.ts";
import { tell, tellNothing } from "./progress.ts";
import type { ShelfImage } from "./shelf/shelf.ts";
import { daemonAnswers, hasImage, putImage } from "./wire.ts";
import type { World } from "./world.ts";

export const setUpLock = (world: World) => join(world.runDir, "set-up.lock");

/**
 * Starts the daemon and brings `image`, unless they are there. Commands that come at the same time wait for each other.
 *
 * @throws {Error} When the host lacks something, before anything is started; when the daemon does not start.
 */
export async function setUp(world: World, image: ShelfImage | undefined): Promise<void> {
  try {
    await checkHostOnce(world);
    await withLock(setUpLock(world), async () => {
      await ensureDaemon(world);
      if (image !== undefined) await ensureImage(world, image);
    });
  } finally {
    tellNothing();
  }
}

async function ensureDaemon(world: World): Promise<void> {
  if (await daemonAnswers(world)) return;
  tell("starting dockerd");
  await startDockerd(world);
  ensureArchive(world);
}

/** Nobody waits for the archive server: who pulls from it comes later. */
function ensureArchive(world: World): void {
  if (world.archive === "") return;
  const program = archiveServer(world);
  if (findBackground(world, program) === undefined) startBackground(world, program).unref();
}

async function ensureImage(world: World, image: ShelfImage): Promise<void> {
  if (await hasImage(world, image)) return;
  tell(`making image ${image}`);
  const { openImageTar } = await import("./shelf/shelf.ts");
  await putImage(world, image, await openImageTar(image));
}
