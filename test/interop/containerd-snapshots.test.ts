/** Our snapshotters beside genuine containerd's: the same life of snapshots gives the same mounts, the same usage, the same layers. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare } from "@eras/docker-2019/containerd/diff/compare.ts";
import { openBtrfs } from "@eras/docker-2019/containerd/snapshots/btrfs.ts";
import { mounted, ownMounts } from "@eras/docker-2019/containerd/snapshots/mount-fixtures.ts";
import { openNative } from "@eras/docker-2019/containerd/snapshots/native.ts";
import { openOverlay } from "@eras/docker-2019/containerd/snapshots/overlay.ts";
import type { Snapshotter, SnapshotUsage } from "@eras/docker-2019/containerd/snapshots/snapshotter.ts";
import type { Mount } from "@eras/docker-2019/mounts.ts";
import { MNT_DETACH, umount } from "@eras/linux/mount.ts";
import { OCI_LAYER } from "@eras/oci-spec/image/media-types.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";

const hasContainerd = spawnSync("containerd", ["--version"]).status === 0;
const hasBtrfs = spawnSync("mkfs.btrfs", ["--version"]).status === 0;

/** @returns The name, and why it is skipped. */
function named(name: string): string {
  if (!hasContainerd) return `${name} (skipped: no genuine containerd)`;
  return name === "btrfs" && !hasBtrfs ? `${name} (skipped: no mkfs.btrfs, package btrfs-progs)` : name;
}

let place: string;
/** On btrfs, where it is to be had: the other snapshotters don't mind. */

let directory: string;
let genuine: GenuineContainerd;

beforeAll(async () => {
  if (!hasContainerd) return;
  ownMounts(); // containerd's too, for it is our child
  place = mkdtempSync(join(tmpdir(), "docker-eras-snapshots-"));
  directory = join(place, "root");
  mkdirSync(directory);
  if (hasBtrfs) mountBtrfs();
  mkdirSync(join(directory, "genuine"));
  genuine = await GenuineContainerd.start(join(directory, "genuine"), undefined, { keepsGarbage: true });
});

function mountBtrfs(): void {
  const image = join(place, "image");
  execFileSync("truncate", ["--size=512M", image]);
  execFileSync("mkfs.btrfs", ["--quiet", image]);
  execFileSync("mount", ["-o", "loop", image, directory]);
}

afterAll(async () => {
  if (!hasContainerd) return;
  if (hasBtrfs) umount(directory, MNT_DETACH); // subvolumes that are read-only can't be removed file by file
  await genuine.stop();
  rmSync(place, { recursive: true });
});

/** As much of a snapshotter as both sides have here. */
interface Side {
  prepare(key: string, parent?: string): Promise<Mount[]>;
  view(key: string, parent?: string): Promise<Mount[]>;
  commit(name: string, key: string): Promise<unknown>;
  usage(key: string): Promise<SnapshotUsage>;
}

function genuineSide(snapshotter: string): Side {
  const ctr = async (...args: string[]) => {
    const { status, stdout, stderr } = await genuine.ctr(["snapshots", "--snapshotter", snapshotter, ...args]);
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  const mountsOf = (json: string): Mount[] => {
    const list = JSON.parse(json) as { Type: string; Source: string; Options: string[] }[];
    return list.map(({ Type, Source, Options }) => ({ type: Type, source: Source, options: Options }));
  };
  return {
    prepare: async (key, parent = "") => mountsOf(await ctr("prepare", "--mounts", key, parent)),
    view: async (key, parent = "") => mountsOf(await ctr("view", "--mounts", key, parent)),
    commit: (name, key) => ctr("commit", name, key),
    usage: async (key) => {
      const [, sizeBytes, inodes] = (await ctr("usage", "-b", key)).trim().split("\n").at(-1)!.split(/\s+/);
      return { sizeBytes: Number(sizeBytes), inodes: Number(inodes) };
    },
  };
}

function ourSide(snapshotter: Snapshotter): Side {
  return {
    prepare: (key, parent) => snapshotter.prepare(key, parent),
    view: (key, parent) => snapshotter.view(key, parent),
    commit: (name, key) => snapshotter.commit(name, key),
    usage: (key) => snapshotter.usage(key),
  };
}

function makeBase(root: string): void {
  for (const path of ["etc/deep", "opt/deep", "swapped", "kept"]) mkdirSync(join(root, path), { recursive: true });
  for (const name of ["etc/a", "etc/deep/b", "opt/deep/f", "swapped/f", "kept/f"])
    writeFileSync(join(root, name), name);
  utimesSync(join(root, "etc/a"), 1000, 1000);
  writeFileSync(join(root, "big"), Buffer.alloc(300_000, 1));
  linkSync(join(root, "big"), join(root, "second"));
}

function change(root: string): void {
  writeFileSync(join(root, "etc/a"), "ETC/a");
  utimesSync(join(root, "etc/a"), 1000, 1000);
  chmodSync(join(root, "kept/f"), 0o600);
  chmodSync(join(root, "kept/f"), 0o644); // copied up, and equal again
  rmSync(join(root, "opt"), { recursive: true });
  rmSync(join(root, "swapped"), { recursive: true });
  writeFileSync(join(root, "swapped"), "a file now");
  symlinkSync("/nowhere", join(root, "etc/deep/link"));
  mkdirSync(join(root, "new/deep"), { recursive: true, mode: 0o700 });
  chownSync(join(root, "new"), 5, 6);
  writeFileSync(join(root, "new/f"), "x".repeat(10_000));
  linkSync(join(root, "new/f"), join(root, "new/second"));
}

/** The same life on each side. @returns What the mounts look like, and what things take. */
async function live(side: Side): Promise<unknown[]> {
  const seen: unknown[] = [];
  const active = await side.prepare("a");
  await mounted(active, makeBase);
  seen.push(withoutPlace(active), await side.usage("a"));
  await side.commit("A", "a");
  seen.push(await side.usage("A"));
  const child = await side.prepare("b", "A");
  await mounted(child, change);
  seen.push(withoutPlace(child), await side.usage("b"));
  await side.commit("B", "b");
  seen.push(await side.usage("B"));
  seen.push(withoutPlace(await side.prepare("c", "B")), await side.usage("c"));
  for (const [key, parent] of [["v0"], ["v1", "A"], ["v2", "B"]] as const) {
    seen.push(withoutPlace(await side.view(key, parent)), await side.usage(key));
  }
  return seen;
}

function withoutPlace(mounts: readonly Mount[]): string {
  return JSON.stringify(mounts)
    .replaceAll(/\/[^":=,]*\/snapshots\//g, "…/")
    .replaceAll(/subvolid=\d+/g, "subvolid=…");
}

describe.each([
  ["overlayfs", openOverlay],
  ["native", openNative],
  ["btrfs", openBtrfs],
] as const)("%s", (name, open) => {
  const isSkipped = named(name) !== name;

  test.skipIf(isSkipped)(`${named(name)}: mounts and usage are as genuine containerd's`, async () => {
    const snapshotter = open(join(directory, name));
    try {
      expect(await live(ourSide(snapshotter))).toEqual(await live(genuineSide(name)));
    } finally {
      await snapshotter.close();
    }
  });

  test.skipIf(isSkipped)(
    `${named(name)}: a layer made of two snapshots has the entries of genuine containerd's`,
    async () => {
      const side = genuineSide(name);
      const [before, after] = [await side.view(`${name} before`, "A"), await side.view(`${name} after`, "B")];
      const pieces: Uint8Array[] = [];
      const writer = { write: async (piece: Uint8Array) => void pieces.push(piece) };
      await compare(before, after, { mediaType: OCI_LAYER, writer, temporary: join(directory, "tmp") });
      const ours = entriesOf(Buffer.concat(pieces));
      expect(ours).toEqual(entriesOf(await genuineDiff(name, "A", "B")));
      expect(ours).toHaveLength(10);
    },
  );
});

async function genuineDiff(snapshotter: string, before: string, after: string): Promise<Buffer> {
  const options = ["--media-type", OCI_LAYER, "--label", "containerd.io/gc.root=1", "--ref", `diff-${snapshotter}`];
  const args = ["snapshots", "--snapshotter", snapshotter, "diff", ...options, before, after];
  const { status, stdout, stderr } = spawnSync("ctr", [...genuine.address, ...args], { maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

/** As bsdtar lists them, in the order of their names. A whiteout is its name: whose it is, and of when, means nothing. */
function entriesOf(layer: Buffer): string[] {
  const { status, stdout, stderr } = spawnSync("bsdtar", ["-tvnf", "-"], { input: layer });
  if (status !== 0) throw new Error(stderr.toString());
  const lines = stdout.toString().trimEnd().split("\n");
  return lines.map((line) => line.replace(/^.* (\S*\.wh\.)/, "$1")).sort();
}
