/** What `save` and `export` write: a tar, into a file, which is whole or not there, or to stdout. */
import { createWriteStream, renameSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { isatty } from "node:tty";
import { checkOutputPath } from "../output/output-path.ts";
import { STDOUT, write } from "../output/print.ts";

/**
 * @param what - `save image`, for what is said when it can't be.
 * @param open - Asks for it, when it is clear where it goes.
 * @throws {Error} Before it asks, when stdout is a terminal, or there is no such directory.
 */
export async function saveStream(
  what: string,
  path: string | undefined,
  open: () => Promise<IncomingMessage>,
): Promise<void> {
  if (path === undefined) {
    if (isatty(STDOUT)) throw new Error("cowardly refusing to save to a terminal. Use the -o flag or redirect");
    for await (const bytes of await open()) write(STDOUT, bytes as Buffer);
    return;
  }
  try {
    checkOutputPath(path);
  } catch (cause) {
    throw new Error(`failed to ${what}: ${(cause as Error).message}`, { cause });
  }
  const message = await open();
  const unfinished = `${path}.${process.pid}`;
  try {
    await pipeline(message, createWriteStream(unfinished, { mode: 0o600 }));
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
