/**
 * A loss of power at random moments of a pull: containerd and ctr are killed together. Whatever is in the stores afterwards is whole, the
 * next pull fetches what isn't there and nothing else, and once the image is removed, nothing is left of either.
 *
 * That a process is killed loses nothing that it had written; a disk that loses its power does. So it is done a few times more for real.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Images } from "@eras/docker-2019/proto/gen/images_pb.ts";
import { Leases } from "@eras/docker-2019/proto/gen/leases_pb.ts";
import { Kind } from "@eras/docker-2019/proto/gen/snapshots_pb.ts";
import { describeTree } from "@eras/layers/tree-fixtures.ts";
import { mount, umount } from "@eras/linux/mount.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { RegistryClient } from "@eras/registry-client/client.ts";
import { MemoryStore } from "@eras/registry-client/image-fixtures.ts";
import { push } from "@eras/registry-client/push.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import { Containerd2019 } from "../harness/containerd-2019.ts";
import {
  allStored,
  collectGarbage,
  damagedBlobs,
  layerDirectories,
  type Stored,
  stackOf,
  storedIn,
} from "../harness/containerd-stores.ts";
import { CTR } from "../harness/ctr-session.ts";
import { Ext4Disk, hasLoopDevices } from "../harness/ext4-disk.ts";
import { type LayeredImage, layeredImage } from "../harness/layered-image.ts";
import { random } from "../harness/random.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { SlowLine } from "../harness/slow-line.ts";

const KILLS = Number(process.env.ERAS_KILLS ?? 100);
const LOSSES = 8;
const SEED = Number(process.env.ERAS_SEED ?? Date.now() % 1e6);
/** Of the layers above busybox. */
const LAYER_BYTES = [1_500_000, 800_000, 100_000, 1_000_000, 400_000];

/** How far a pull was, judged by what it has left. */
const PHASES = ["resolving", "fetching", "fetching and unpacking", "unpacking", "done"] as const;
type Phase = (typeof PHASES)[number];

describe("a pull", () => {
  const reason = missing(DOCKER_REGISTRY);
  if (reason) return void test.skip(reason);

  let place: Place;
  let registry: GenuineRegistry;
  let line: SlowLine;
  let image: LayeredImage;
  beforeAll(async () => {
    place = newPlace();
    const dir = join(place.dir, "registry");
    mkdirSync(dir);
    registry = await GenuineRegistry.start(dir);
    line = await SlowLine.to(registry.domain);
    const store = new MemoryStore();
    image = layeredImage(store, LAYER_BYTES);
    await push(new RegistryClient(), parseReference(`${registry.domain}/layered:1`), image.manifest, store);
  });
  afterAll(async () => {
    await line.stop();
    await registry.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  const reference = () => `${line.domain}/layered:1`;
  const pullArguments = (containerd: Containerd2019) => [
    ...containerd.address,
    "images",
    "pull",
    "--plain-http",
    reference(),
  ];
  function pull(containerd: Containerd2019, { isSlow = false } = {}): Promise<ProgramResult> {
    line.isSlow = isSlow;
    return runProgram(CTR, pullArguments(containerd));
  }

  /** Begins a pull, and has all end after a while. @param delayMs - From the first question to the registry on. */
  async function pullAndLosePower(containerd: Containerd2019, delayMs: number, losePower = () => {}): Promise<void> {
    line.isSlow = true;
    const asked = line.nextRequest();
    const ctr = spawn(CTR, pullArguments(containerd), { stdio: "ignore", env: shellEnvironment() });
    await asked;
    await delay(delayMs); // the random moment itself
    losePower();
    ctr.kill("SIGKILL");
    await Promise.all([containerd.kill(), ended(ctr)]);
  }

  /** An undisturbed pull: how long it takes after its first question, and what its layers look like. */
  async function measure(containerd: Containerd2019): Promise<{ pullMs: number; layers: string[][] }> {
    const start = line.nextRequest().then(() => performance.now());
    expect(await pull(containerd, { isSlow: true })).toMatchObject({ stderr: "", status: 0 });
    const pullMs = performance.now() - (await start);
    const layers = await describeLayers(containerd, await storedIn(containerd));
    expect(layers).toHaveLength(LAYER_BYTES.length + 1);
    await forget(containerd);
    return { pullMs, layers };
  }

  /** Removes the image and what a dead ctr held; expects that nothing is left. */
  async function forget(containerd: Containerd2019): Promise<void> {
    await containerd.client(Images).delete({ name: reference(), sync: true });
    for (const id of (await storedIn(containerd)).leases) await containerd.client(Leases).delete({ id, sync: true });
    expect(await allStored(containerd)).toEqual([]);
  }

  function phaseOf({ images, blobs, snapshots }: Stored): Phase {
    const unpacked = snapshots.filter(({ kind }) => kind === Kind.COMMITTED).length === LAYER_BYTES.length + 1;
    if (images.length > 0 && unpacked) return "done";
    if (blobs.length === image.parts.length) return "unpacking";
    if (snapshots.length > 0) return "fetching and unpacking";
    return blobs.length > 0 ? "fetching" : "resolving";
  }

  /** Expects that what is listed is there, and is what it is called. */
  async function expectWhole(containerd: Containerd2019, stored: Stored, layers: readonly string[][]): Promise<void> {
    expect(damagedBlobs(containerd)).toEqual([]);
    expect(await describeLayers(containerd, stored)).toEqual(layers.slice(0, stackOf(stored.snapshots).length));
    if (stored.images.length > 0)
      expect(stored.blobs.toSorted()).toEqual(image.parts.map(({ digest }) => digest).toSorted());
  }

  /** Bytes of a part that the line has carried since it was told to forget. */
  const fetched = ({ digest }: Descriptor): number =>
    line.passed.filter(({ name }) => name === digest).reduce((sum, { sent }) => sum + sent, 0);

  /** How many bytes are left to be fetched of a part. A document is fetched as a whole. */
  function missingOf({ digest, size }: Descriptor, { blobs, ingests }: Stored): number {
    if (blobs.includes(digest)) return 0;
    const ingest = ingests.find(({ ref }) => ref.endsWith(digest));
    return digest === image.manifest.digest ? size : size - Number(ingest?.offset ?? 0);
  }

  test(`is gone on with after ${KILLS} kills (seed ${SEED})`, async () => {
    const dir = join(place.dir, "memory"); // whose disk never makes anybody wait
    mkdirSync(dir);
    mount("tmpfs", dir, "tmpfs", 0, "");
    const containerd = await Containerd2019.start(dir);
    try {
      const { pullMs, layers } = await measure(containerd);
      const next = random(SEED);
      const hits = new Map<Phase, number>(PHASES.map((phase) => [phase, 0]));
      let twice = 0;
      for (let kill = 1; kill <= KILLS; kill++) {
        line.forget();
        await pullAndLosePower(containerd, next() * pullMs);
        const before = image.parts.map(fetched);
        await containerd.restart();
        await collectGarbage(containerd);
        const stored = await storedIn(containerd);
        hits.set(phaseOf(stored), hits.get(phaseOf(stored))! + 1);
        await expectWhole(containerd, stored, layers);
        line.forget();
        expect(await pull(containerd), `kill ${kill}`).toMatchObject({ stderr: "", status: 0 });
        expect(image.parts.map(fetched), `kill ${kill}`).toEqual(image.parts.map((part) => missingOf(part, stored)));
        twice += image.parts.reduce((sum, part, i) => sum + before[i]! + fetched(part) - part.size, 0);
        await expectWhole(containerd, await storedIn(containerd), layers);
        await forget(containerd);
      }
      console.log("hits", Object.fromEntries(hits), `in flight: ${(twice / KILLS / 1000).toFixed(0)} kB a kill`);
      for (const phase of PHASES.slice(0, -1)) expect(hits.get(phase), phase).toBeGreaterThan(0);
    } finally {
      await containerd.stop();
      umount(dir);
    }
  }, 600_000);

  test.skipIf(!hasLoopDevices)(
    `is gone on with after ${LOSSES} losses of a disk's power (seed ${SEED})`,
    async () => {
      const disk = new Ext4Disk();
      const containerd = await Containerd2019.start(disk.path);
      try {
        const { pullMs, layers } = await measure(containerd);
        const next = random(SEED);
        for (let loss = 0; loss < LOSSES; loss++) {
          const delayMs = ((loss + next()) / LOSSES) * pullMs * 1.2; // from the beginning to a little after the end
          await pullAndLosePower(containerd, delayMs, () => disk.losePower());
          disk.comeBack();
          await containerd.restart();
          await collectGarbage(containerd);
          const stored = await storedIn(containerd);
          console.log(`lost power after ${delayMs.toFixed(0)} of ${pullMs.toFixed(0)} ms:`, phaseOf(stored));
          await expectWhole(containerd, stored, layers);
          line.forget();
          expect(await pull(containerd)).toMatchObject({ stderr: "", status: 0 });
          const committed = image.parts.filter(({ digest }) => stored.blobs.includes(digest));
          expect(committed.map(fetched)).toEqual(committed.map(() => 0));
          await expectWhole(containerd, await storedIn(containerd), layers);
          await forget(containerd);
        }
      } finally {
        await containerd.stop();
        disk.remove();
      }
    },
    120_000,
  );
});

/** What the unpacked layers look like, the bottom one first, each without its root: no layer says what that is like. */
async function describeLayers(containerd: Containerd2019, { snapshots }: Stored): Promise<string[][]> {
  const top = stackOf(snapshots).at(-1);
  if (top === undefined) return [];
  return (await layerDirectories(containerd, top)).map((directory) =>
    describeTree(directory).slice(1).map(withoutMarkTime),
  );
}

/** That a file below is deleted is marked by a device, whose time is that of the unpacking. */
function withoutMarkTime(described: string): string {
  return described.replace(/ \d+( \{\} device 0)$/, "$1");
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
