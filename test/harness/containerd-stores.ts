/** What our containerd has in its stores: as its services tell it, and as it lies on the disk. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { layersOf } from "@eras/docker-2019/containerd/diff/mounted.ts";
import { contentDir, snapshotterDir } from "@eras/docker-2019/containerd/paths.ts";
import { Content, type Status } from "@eras/docker-2019/proto/gen/content_pb.ts";
import { Images } from "@eras/docker-2019/proto/gen/images_pb.ts";
import { Leases } from "@eras/docker-2019/proto/gen/leases_pb.ts";
import { type Info, Kind, Snapshots } from "@eras/docker-2019/proto/gen/snapshots_pb.ts";
import type { Containerd2019 } from "./containerd-2019.ts";

const SNAPSHOTTER = "overlayfs";

export interface Stored {
  readonly images: readonly string[];
  /** Digests. */
  readonly blobs: readonly string[];
  readonly ingests: readonly Status[];
  readonly snapshots: readonly Info[];
  /** Ids. */
  readonly leases: readonly string[];
}

/** What the services list. */
export async function storedIn(containerd: Containerd2019): Promise<Stored> {
  const { images } = await containerd.client(Images).list({});
  const content = containerd.client(Content);
  const blobs = (await Array.fromAsync(content.list({}))).flatMap(({ info }) => info.map(({ digest }) => digest));
  const { statuses } = await content.listStatuses({});
  const listed = containerd.client(Snapshots).list({ snapshotter: SNAPSHOTTER });
  const snapshots = (await Array.fromAsync(listed)).flatMap(({ info }) => info);
  const { leases } = await containerd.client(Leases).list({});
  return {
    images: images.map(({ name }) => name),
    blobs,
    ingests: statuses,
    snapshots,
    leases: leases.map(({ id }) => id),
  };
}

/** Has what nobody refers to removed, and waits for it: what a crash has left goes with the first collection. */
export async function collectGarbage(containerd: Containerd2019): Promise<void> {
  const leases = containerd.client(Leases);
  const { lease } = await leases.create({});
  await leases.delete({ id: lease!.id, sync: true });
}

/** All that is there, listed or on the disk alone, a line each. Empty: as if nothing had ever been pulled. */
export async function allStored(containerd: Containerd2019): Promise<string[]> {
  const { images, blobs, ingests, snapshots, leases } = await storedIn(containerd);
  const content = contentDir(containerd.root);
  return [
    ...images.map((name) => `image ${name}`),
    ...blobs.map((digest) => `blob ${digest}`),
    ...ingests.map(({ ref }) => `ingest ${ref}`),
    ...snapshots.map(({ name }) => `snapshot ${name}`),
    ...leases.map((id) => `lease ${id}`),
    ...["blobs/sha256", "ingest", "removed"].flatMap((dir) => filesIn(join(content, dir))),
    ...filesIn(snapshotsDir(containerd)),
    ...filesIn(join(containerd.root, "tmpmounts")),
  ];
}

function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return []; // made when it is needed
  return readdirSync(dir, { encoding: "utf8" }).map((name) => `file ${join(dir, name)}`);
}

function snapshotsDir({ root }: Containerd2019): string {
  return join(snapshotterDir(root, SNAPSHOTTER), "snapshots");
}

/** Blobs whose bytes have another digest than their name says. */
export function damagedBlobs({ root }: Containerd2019): string[] {
  const dir = join(contentDir(root), "blobs/sha256");
  return readdirSync(dir).filter((name) => sha256Hex(readFileSync(join(dir, name))) !== name);
}

function sha256Hex(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The directories of a stack of committed snapshots, the bottom one first. @param name - Of the topmost. */
export async function layerDirectories(containerd: Containerd2019, name: string): Promise<string[]> {
  const snapshots = containerd.client(Snapshots);
  const view = { snapshotter: SNAPSHOTTER, key: "look into it" };
  const labels = { "containerd.io/gc.root": "looked at" }; // garbage may be collected at any moment
  const { mounts } = await snapshots.view({ ...view, parent: name, labels });
  await snapshots.remove(view);
  return [...layersOf(mounts)!.directories].reverse();
}

/** The names of committed snapshots, from the bottom up, of the one stack that there is. */
export function stackOf(snapshots: readonly Info[]): string[] {
  const committed = snapshots.filter(({ kind }) => kind === Kind.COMMITTED);
  const stack: string[] = [];
  for (let next = committed.find(({ parent }) => parent === ""); next; next = committed.find(above(next)))
    stack.push(next.name);
  if (stack.length !== committed.length) throw new Error(`Snapshots that are in no stack: ${committed.map(told)}`);
  return stack;
}

const above =
  ({ name }: Info) =>
  ({ parent }: Info) =>
    parent === name;
const told = ({ name, parent }: Info) => `${name} upon ${parent}`;
