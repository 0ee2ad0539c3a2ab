/** `era 2019 pull busybox`: from Docker Hub, and where that can't be reached, from the shelf. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { warn } from "../progress.ts";
import type { ShelfImage } from "../shelf/shelf.ts";
import { program } from "../world.ts";
import { clientEnvironment, hasImage } from "./ask.ts";
import { importImage, setUp2019 } from "./set-up.ts";
import type { World2019 } from "./world.ts";

const HUB = { host: "registry-1.docker.io", port: 443 };
const PATIENCE_MS = 5000;

/** @param words - The client's. @returns Its exit code. */
export async function pull2019(world: World2019, words: readonly string[], image: ShelfImage): Promise<number> {
  await setUp2019(world, undefined);
  const { status, complaint } = await runClient(world, words);
  if (status === 0 || (await isReachable(HUB))) {
    process.stderr.write(complaint);
    return status;
  }
  if (await hasImage(world, image)) warn(`Docker Hub can't be reached: ${image} stays as it is`);
  else {
    warn(`Docker Hub can't be reached: ${image} is made of what this machine has`);
    await importImage(world, image);
  }
  console.log(`docker.io/library/${image}:latest`); // the last line of any pull
  return 0;
}

/** Keeps what it complains of: maybe there is no reason to. */
async function runClient(world: World2019, words: readonly string[]): Promise<{ status: number; complaint: string }> {
  const client = spawn(program("docker-2019"), words, {
    env: clientEnvironment(world),
    stdio: ["inherit", "inherit", "pipe"],
  });
  const ended = once(client, "close") as Promise<[status: number | null]>;
  const complaint = await text(client.stderr);
  const [status] = await ended;
  return { status: status ?? 1, complaint };
}

function isReachable(address: { host: string; port: number }): Promise<boolean> {
  const socket = connect({ ...address, timeout: PATIENCE_MS });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  socket.once("timeout", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
