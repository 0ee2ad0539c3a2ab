/** Puts in place what `era 2013` needs and does not find: a host that has been checked, a running daemon, the image. */
import { join } from "node:path";
import { archiveServer } from "./archive.ts";
import { type BackgroundProgram, findBackground, isSameProgram } from "./background.ts";
import { dockerd } from "./dockerd.ts";
import { checkHostOnce } from "./doctor/first-use.ts";
import { withLock } from "./lock.ts";
import { tell, tellNothing, warn } from "./progress.ts";
import type { ShelfImage } from "./shelf/shelf.ts";
import { startAndWait } from "./start.ts";
import { daemonAnswers, hasImage, isListening, putImage } from "./wire.ts";
import type { Directories, World } from "./world.ts";

export const setUpLock = (world: Directories) => join(world.runDir, "set-up.lock");

/**
 * Starts the daemon and brings `image`, unless they are there. Commands that come at the same time wait for each other.
 *
 * @throws {Error} When the host lacks something, before anything is started; when the daemon does not start.
 */
export async function setUp(world: World, image: ShelfImage | undefined): Promise<void> {
  const needs = async () => (await import("./doctor/needs-2013.ts")).needs2013(world);
  try {
    if (process.geteuid?.() !== 0) await checkHostOnce(world, needs); // says so, and what else is missing; the lock would only fail
    await withLock(setUpLock(world), async () => {
      await checkHostOnce(world, needs); // in here, for it tries the ports, which another command's daemon may be about to take
      await ensureDaemon(world);
      await Promise.all([ensureArchive(world), image !== undefined && ensureImage(world, image)]);
    });
  } finally {
    tellNothing();
  }
}

async function ensureDaemon(world: World): Promise<void> {
  const program = dockerd(world);
  if (await daemonAnswers(world)) return checkIsOurs(world, program);
  tell("starting dockerd");
  await startAndWait(world, program, () => daemonAnswers(world));
}

/** A daemon that was started with other variables is another world's, even if it answers at our address. */
function checkIsOurs(world: World, program: BackgroundProgram): void {
  const pid = findBackground(world, program);
  if (pid === undefined || isSameProgram(pid, program)) return;
  throw new Error(
    `Cannot use ${world.rootDir}: the dockerd at ${world.tcp} (pid ${pid}) has its state elsewhere: pnpm era down`,
  );
}

/** Only `docker pull` needs it, so containers run without it too. */
async function ensureArchive(world: World): Promise<void> {
  const program = archiveServer(world);
  if (world.archive === "" || findBackground(world, program) !== undefined) return;
  if (await isListening(world.archive)) {
    return warn(`No archive to pull from: ${world.archive} is in use (ERAS_2013_ARCHIVE names another address)`);
  }
  await startAndWait(world, program, () => isListening(world.archive)).catch(({ message }) => warn(message));
}

async function ensureImage(world: World, image: ShelfImage): Promise<void> {
  if (await hasImage(world, image)) return;
  tell(`making image ${image}`);
  const { openImageTar } = await import("./shelf/shelf.ts");
  await putImage(world, image, await openImageTar(image));
}
