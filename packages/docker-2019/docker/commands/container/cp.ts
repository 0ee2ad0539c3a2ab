import { resolve } from "node:path";
import { booleanFlag, leaf } from "../../command.ts";
import {
  type ContainerPath,
  getArchive,
  isDirectory,
  linkTarget,
  putArchive,
  statInContainer,
} from "../../copy/container-side.ts";
import { hostSource, kindOnHost, packFromHost, unpackOnHost } from "../../copy/host-side.ts";
import { placeFor } from "../../copy/place.ts";
import { checkOutputPath } from "../../output/output-path.ts";
import { STDOUT, write } from "../../output/print.ts";
import type { Session } from "../../session.ts";

interface Flags {
  readonly archive: boolean;
  readonly followLink: boolean;
}

/** A tar on stdin or stdout. */
const STREAM = "-";

export const cp = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
  description: `Copy files/folders between a container and the local filesystem

Use '-' as the source to read a tar archive from stdin
and extract it to a directory destination in a container.
Use '-' as the destination to stream a tar archive of a
container source to stdout.`,
  arguments: { min: 2, max: 2 },
  options: [
    booleanFlag("-a, --archive", "Archive mode (copy all uid/gid information)"),
    booleanFlag("-L, --follow-link", "Always follow symbol link in SRC_PATH"),
  ],
  async run({ docker, flags, args: [source = "", destination = ""] }) {
    if (source === "") throw new Error("source can not be empty");
    if (destination === "") throw new Error("destination can not be empty");
    const [from, to] = [splitPath(source), splitPath(destination)];
    if (from && to) throw new Error("copying between containers is not supported");
    if (from) return copyOut(docker, from, destination, flags);
    if (to) return copyIn(docker, source, to, flags);
    throw new Error("must specify at least one container source");
  },
});

/** `web:/etc`; a colon after a slash is a file's. Paths in a container begin at its root. */
function splitPath(text: string): ContainerPath | undefined {
  const colon = text.indexOf(":");
  if (colon <= 0 || text.slice(0, colon).includes("/") || text.startsWith(".")) return undefined;
  const path = text.slice(colon + 1);
  return { container: text.slice(0, colon), path: path.startsWith("/") ? path : `/${path}` };
}

async function copyOut(docker: Session, from: ContainerPath, destination: string, flags: Flags): Promise<void> {
  const path = flags.followLink ? linkTarget(from, await statInContainer(docker, from)) : from.path;
  const { tar, stat } = await getArchive(docker, { ...from, path });
  if (destination === STREAM) {
    for await (const bytes of tar) write(STDOUT, bytes as Buffer);
    return;
  }
  checkOutputPath(resolve(destination));
  const place = placeFor({ path: from.path, isDirectory: isDirectory(stat) }, destination, kindOnHost(destination));
  await unpackOnHost(tar, place);
}

async function copyIn(docker: Session, source: string, to: ContainerPath, flags: Flags): Promise<void> {
  const keepOwners = flags.archive;
  if (source === STREAM) return putArchive(docker, to, process.stdin, { keepOwners });
  const packed = hostSource(source, flags.followLink);
  const at = { ...to, path: linkTarget(to, await statInContainer(docker, to)) };
  const stat = await statInContainer(docker, at);
  const kind = stat === undefined ? "none" : isDirectory(stat) ? "directory" : "file";
  const { directory, name } = placeFor(packed, at.path, kind);
  await putArchive(docker, { ...at, path: directory }, packFromHost(packed, name), { keepOwners });
}
