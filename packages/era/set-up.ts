/** Puts in place what `era 2013` needs and does not find: a host that has been checked, a running daemon, the image. */
import { join } from "node:path";
import { archiveServer } from "./archive.ts";
import { findBackground } from "./background.ts";
import { dockerd } from "./dockerd.ts";
import { checkHostOnce } from "./doctor/first-use.ts";
import { withLock } from "./lock.ts";
import { tell, tellNothing } from "./progress.ts";
import type { ShelfImage } from "./shelf/shelf.ts";
import { startAndWait } from "./start.ts";
import { daemonAnswers, hasImage, isListening, putImage } from "./wire.ts";
import type { World } from "./world.ts";

export const setUpLock = (world: World) => join(world.runDir, "set-up.lock");

/**
 * Starts the daemon and brings `image`, unless they are there. Commands that come at the same time wait for each other.
 *
 * @throws {Error} When the host lacks something, before anything is started; when the daemon does not start.
 */
export async function setUp(world: World, image: ShelfImage | undefined): Promise<void> {
  try {
    if (process.geteuid?.() !== 0) await checkHostOnce(world); // says so, and what else is missing; the lock would only fail
    await withLock(setUpLock(world), async () => {
      await checkHostOnce(world); // in here, for it tries the ports, which another command's daemon may be about to take
      await ensureDaemon(world);
      await Promise.all([ensureArchive(world), image !== undefined && ensureImage(world, image)]);
    });
  } finally {
    tellNothing();
  }
}

async function ensureDaemon(world: World): Promise<void> {
  if (await daemonAnswers(world)) return;
  tell("starting dockerd");
  await startAndWait(world, dockerd(world), () => daemonAnswers(world));
}

/** Only `docker pull` needs it, so containers run without it too: where its port is taken, `era status` shows that it does not run. */
async function ensureArchive(world: World): Promise<void> {
  const program = archiveServer(world);
  if (world.archive === "" || findBackground(world, program) !== undefined) return;
  await startAndWait(world, program, () => isListening(world.archive)).catch(() => {});
}

async function ensureImage(world: World, image: ShelfImage): Promise<void> {
  if (await hasImage(world, image)) return;
  tell(`making image ${image}`);
  const { openImageTar } = await import("./shelf/shelf.ts");
  await putImage(world, image, await openImageTar(image));
}
