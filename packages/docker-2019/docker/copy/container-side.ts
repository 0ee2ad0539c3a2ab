/** The container's side of `docker cp`: GET, PUT and HEAD of /containers/ID/archive. */
import type { IncomingMessage } from "node:http";
import { posix } from "node:path";
import { Readable } from "node:stream";
import type { ContainerPathStat } from "../../engine-api/container.ts";
import { DaemonError } from "../api-client.ts";
import { orNoSuch } from "../no-such.ts";
import type { Session } from "../session.ts";

/** Go's bits of a file's type. */
const MODE_DIRECTORY = 2 ** 31;
const MODE_SYMLINK = 2 ** 27;

export interface ContainerPath {
  readonly container: string;
  readonly path: string;
}

export function isDirectory({ mode }: ContainerPathStat): boolean {
  return hasBit(mode, MODE_DIRECTORY);
}

/** Bits beyond 31 are none to JavaScript's operators. */
function hasBit(mode: number, bit: number): boolean {
  return Math.floor(mode / bit) % 2 === 1;
}

/** @returns Undefined when it isn't there. */
export async function statInContainer({ api }: Session, at: ContainerPath): Promise<ContainerPathStat | undefined> {
  try {
    const message = await api.open("HEAD", archivePath(at), { query: { path: at.path } });
    message.resume();
    return statOf(message);
  } catch (error) {
    if (error instanceof DaemonError && error.status === 404) return undefined;
    throw error;
  }
}

/** Where a link leads, one step; the path itself of anything else. */
export function linkTarget({ path }: ContainerPath, stat: ContainerPathStat | undefined): string {
  if (!stat || !hasBit(stat.mode, MODE_SYMLINK)) return path;
  return posix.resolve(posix.dirname(path), stat.linkTarget);
}

/** @returns A tar, and what it has in its root. @throws {Error} `Error: No such container:path: web:/file` */
export async function getArchive(
  { api }: Session,
  at: ContainerPath,
): Promise<{ readonly tar: IncomingMessage; readonly stat: ContainerPathStat }> {
  const asked = api.open("GET", archivePath(at), { query: { path: at.path } });
  const tar = await orNoSuch("container:path", `${at.container}:${at.path}`, asked);
  return { tar, stat: statOf(tar) };
}

/** @param at - A directory that is there. */
export async function putArchive(
  { api }: Session,
  at: ContainerPath,
  tar: AsyncIterable<Uint8Array>,
  { keepOwners }: { readonly keepOwners: boolean },
): Promise<void> {
  const put = api.open("PUT", archivePath(at), {
    query: { path: at.path, noOverwriteDirNonDir: true, copyUIDGID: keepOwners ? true : undefined },
    headers: { "Content-Type": "application/x-tar" },
    stream: Readable.from(tar),
  });
  (await orNoSuch("container:path", `${at.container}:${at.path}`, put)).resume();
}

function archivePath({ container }: ContainerPath): string {
  return `/containers/${encodeURIComponent(container)}/archive`;
}

/** @throws {Error} When the daemon has left the header out. */
function statOf(message: IncomingMessage): ContainerPathStat {
  const header = message.headers["x-docker-container-path-stat"];
  if (typeof header !== "string") throw new Error("unable to get resource stat from response: no header");
  return JSON.parse(Buffer.from(header, "base64").toString()) as ContainerPathStat;
}
