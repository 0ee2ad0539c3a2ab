/**
 * Owners in layers of a daemon with `--userns-remap`. A layer's tar names them as containers see them; its files belong to whom the mapping
 * makes of them on the host:
 *
 *     tar: 0, 33    ── toHost ──▶    files: 100000, 100033    ── toContainer ──▶    tar: 0, 33
 */
import { chownSync } from "node:fs";
import { dirname } from "node:path";
import { changeEntries } from "@eras/layers/change-entries.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { LinuxIDMapping } from "@eras/oci-spec/runtime/config-linux.ts";
import type { Remap } from "../options/userns-remap.ts";

type Tar = AsyncIterable<Uint8Array>;

export class RemappedOwners {
  readonly #remap: Remap;
  readonly #dataRoot: string;

  constructor(remap: Remap, dataRoot: string) {
    this.#remap = remap;
    this.#dataRoot = dataRoot;
  }

  /** A tar whose owners are those of the host. @throws {InvalidArgument} (while reading) For an owner that has no place there. */
  toHost(tar: Tar): Tar {
    const { uids, gids } = this.#remap;
    return changeEntries(tar, (entry) => ({ ...entry, uid: toHost(entry.uid, uids), gid: toHost(entry.gid, gids) }));
  }

  /** … and those that containers see. */
  toContainer(tar: Tar): Tar {
    const { uids, gids } = this.#remap;
    return changeEntries(tar, (entry) => ({
      ...entry,
      uid: toContainer(entry.uid, uids),
      gid: toContainer(entry.gid, gids),
    }));
  }

  /** Makes a new tree of a driver the containers' root's, and the way to it passable. */
  admit(tree: string): void {
    const { uid, gid } = this.#remap.root;
    chownSync(tree, uid, gid);
    for (let above = dirname(tree); above.startsWith(`${this.#dataRoot}/`); above = dirname(above))
      chownSync(above, 0, gid);
  }
}

function toHost(id: number, mappings: readonly LinuxIDMapping[]): number {
  const mapping = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  if (mapping) return mapping.hostID + id - mapping.containerID;
  throw new InvalidArgument(`Container ID ${id} cannot be mapped to a host ID`);
}

function toContainer(id: number, mappings: readonly LinuxIDMapping[]): number {
  const mapping = mappings.find(({ hostID, size }) => id >= hostID && id < hostID + size);
  if (mapping) return mapping.containerID + id - mapping.hostID;
  throw new InvalidArgument(`Host ID ${id} cannot be mapped to a container ID`);
}
