/**
 * A loss of power at random moments of a pull: containerd and ctr are killed together. Whatever is in the stores afterwards is whole, the
 * next pull fetches what isn't there and nothing else, and once the image is removed, nothing is left of either.
 *
 * That a process is killed loses nothing that it had written; a disk that loses its power does. So it is done a few times more for real.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Images } from "@eras/docker-2019/proto/gen/images_pb.ts";
import { Leases } from "@eras/docker-2019/proto/gen/leases_pb.ts";
import { describeTree } from "@eras/layers/tree-fixtures.ts";
import { mount, umount } from "@eras/linux/mount.ts";
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
import { runProgram, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { LATENCY_MS, SlowLine } from "../harness/slow-line.ts";

const KILLS = Number(process.env.ERAS_KILLS ?? 100);
const LOSSES = 8;
const SEED = Number(process.env.ERAS_SEED ?? Date.now() % 1e6);
const AT_A_TIME = 2;
const NAME = "layered:1";
/** How much of a pull is given to each phase, when moments are chosen; the rest is for what comes after the last byte. */
const RESOLVING = 0.05;
const FETCHING = 0.7;
/** Of the layers above busybox. */
const LAYER_BYTES = [1_500_000, 800_000, 100_000, 1_000_000, 400_000];

/** How far a pull was, judged by what it has left. */
const PHASES = ["resolving", "fetching", "fetching and unpacking", "unpacking", "done"] as const;
type Phase = (typeof PHASES)[number];

/** A containerd, and its own line to the registry. */
class Puller {
  readonly containerd: Containerd2019;
  readonly line: SlowLine;
  readonly #image: LayeredImage;
  /** What the unpacked layers of an undisturbed pull look like, and how long it goes on after the last byte has come. */
  #layers: readonly string[][] = [];
  #restMs = 0;

  private constructor(containerd: Containerd2019, line: SlowLine, image: LayeredImage) {
    this.containerd = containerd;
    this.line = line;
    this.#image = image;
  }

  /** @param dir - Where containerd has all that is its own. */
  static async start(dir: string, registry: GenuineRegistry, image: LayeredImage): Promise<Puller> {
    const puller = new Puller(await Containerd2019.start(dir), await SlowLine.to(registry.domain), image);
    await puller.#measure();
    return puller;
  }

  async stop(): Promise<void> {
    await this.containerd.stop();
    await this.line.stop();
  }

  /**
   * Begins a pull, has all end in the middle, and begins anew.
   *
   * @param share - Of the pull, from 0 up to 1: when. It goes by what was sent, so that a slow machine has it at the same place.
   * @param losePower - Called at that moment.
   * @param comeBack - Called when all have ended.
   */
  async losePower(share: number, losePower = () => {}, comeBack = () => {}): Promise<void> {
    this.line.isSlow = true;
    this.line.forget();
    const asked = this.line.nextRequest();
    const ctr = spawn(CTR, this.#pullArguments, { stdio: "ignore", env: shellEnvironment() });
    await asked;
    await this.#moment(share);
    losePower();
    ctr.kill("SIGKILL");
    await Promise.all([this.containerd.kill(), ended(ctr)]);
    comeBack();
    await this.containerd.restart();
    await collectGarbage(this.containerd);
  }

  async #moment(share: number): Promise<void> {
    if (share < RESOLVING) return void (await delay((share / RESOLVING) * 2 * LATENCY_MS));
    const fetched = Math.min((share - RESOLVING) / FETCHING, 1);
    await this.line.carries(fetched * this.#bytes);
    const rest = (share - RESOLVING - FETCHING) / (1 - RESOLVING - FETCHING);
    if (rest > 0) await delay(rest * this.#restMs * 1.3); // to a little after the end
  }

  /** Pulls to the end. @returns What it has fetched of each part, in bytes. */
  async pull(): Promise<number[]> {
    this.line.forget();
    this.line.isSlow = false;
    expect(await runProgram(CTR, this.#pullArguments)).toMatchObject({ stderr: "", status: 0 });
    return this.#image.parts.map(({ digest }) => this.#fetched(digest));
  }

  phaseOf({ images, blobs, snapshots }: Stored): Phase {
    if (images.length > 0) return "done";
    if (blobs.length === this.#image.parts.length) return "unpacking";
    if (snapshots.length > 0) return "fetching and unpacking";
    return blobs.length > 0 ? "fetching" : "resolving";
  }

  /** Expects that what is there is what it is called, and that an image that has a name is all there. */
  async expectWhole({ images, blobs, snapshots }: Stored): Promise<void> {
    expect(damagedBlobs(this.containerd)).toEqual([]);
    const layers = await describeLayers(this.containerd, snapshots);
    expect(layers).toEqual(this.#layers.slice(0, layers.length));
    if (images.length === 0) return;
    expect(blobs.toSorted()).toEqual(this.#image.parts.map(({ digest }) => digest).toSorted());
    expect(layers).toHaveLength(this.#layers.length);
  }

  /** Of each part, how many bytes are left to be fetched. A document is fetched as a whole. */
  missing({ blobs, ingests }: Stored): number[] {
    return this.#image.parts.map(({ digest, size }) => {
      if (blobs.includes(digest)) return 0;
      const ingest = ingests.find(({ ref }) => ref.endsWith(digest));
      return digest === this.#image.manifest.digest ? size : size - Number(ingest?.offset ?? 0);
    });
  }

  /** Removes the image and what a dead ctr held; expects that nothing is left. */
  async forget(): Promise<void> {
    await this.containerd.client(Images).delete({ name: this.#reference, sync: true });
    const { leases } = await storedIn(this.containerd);
    for (const id of leases) await this.containerd.client(Leases).delete({ id, sync: true });
    expect(await allStored(this.containerd)).toEqual([]);
  }

  get #reference(): string {
    return `${this.line.domain}/${NAME}`;
  }

  get #pullArguments(): string[] {
    return [...this.containerd.address, "images", "pull", "--plain-http", this.#reference];
  }

  get #bytes(): number {
    return this.#image.parts.reduce((sum, { size }) => sum + size, 0);
  }

  #fetched(digest: string): number {
    return this.line.passed.filter(({ name }) => name === digest).reduce((sum, { sent }) => sum + sent, 0);
  }

  async #measure(): Promise<void> {
    const fetched = this.line.carries(this.#bytes).then(() => performance.now());
    expect(await runProgram(CTR, this.#pullArguments)).toMatchObject({ stderr: "", status: 0 });
    this.#restMs = performance.now() - (await fetched);
    this.#layers = await describeLayers(this.containerd, (await storedIn(this.containerd)).snapshots);
    expect(this.#layers).toHaveLength(LAYER_BYTES.length + 1);
    await this.forget();
  }
}

/** What the unpacked layers look like, the bottom one first, each without its root: no layer says what that is like. */
async function describeLayers(containerd: Containerd2019, snapshots: Stored["snapshots"]): Promise<string[][]> {
  const top = stackOf(snapshots).at(-1);
  if (top === undefined) return [];
  const directories = await layerDirectories(containerd, top);
  return directories.map((directory) => describeTree(directory).slice(1).map(withoutMarkTime));
}

/** That a file below is deleted is marked by a device, whose time is that of the unpacking. */
function withoutMarkTime(described: string): string {
  return described.replace(/ \d+( \{\} device 0)$/, "$1");
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

describe("a pull", () => {
  const reason = missing(DOCKER_REGISTRY);
  if (reason) return void test.skip(reason);

  let place: Place;
  let registry: GenuineRegistry;
  let image: LayeredImage;
  beforeAll(async () => {
    place = newPlace();
    registry = await GenuineRegistry.start(newDirectory("registry"));
    const store = new MemoryStore();
    image = layeredImage(store, LAYER_BYTES);
    await push(new RegistryClient(), parseReference(`${registry.domain}/${NAME}`), image.manifest, store);
  });
  afterAll(async () => {
    await registry.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  function newDirectory(name: string): string {
    return mkdtempSync(join(place.dir, `${name} `)); // a test that is tried again finds the first one's
  }

  test(`is gone on with after ${KILLS} kills (seed ${SEED})`, async () => {
    const next = random(SEED);
    const hits = new Map<Phase, number>(PHASES.map((phase) => [phase, 0]));
    let kills = 0;
    let twice = 0;

    async function killSeveral(puller: Puller): Promise<void> {
      while (kills < KILLS) {
        const share = (kills++ + next()) / KILLS;
        const context = `killed at ${share.toFixed(3)}`;
        await puller.losePower(share);
        const sent = puller.line.carried;
        const stored = await storedIn(puller.containerd);
        const phase = puller.phaseOf(stored);
        hits.set(phase, hits.get(phase)! + 1);
        await puller.expectWhole(stored);
        expect(await puller.pull(), context).toEqual(puller.missing(stored));
        twice += sent + puller.line.carried - image.parts.reduce((sum, { size }) => sum + size, 0);
        await puller.expectWhole(await storedIn(puller.containerd));
        await puller.forget();
      }
    }

    async function withPuller(name: string): Promise<void> {
      const dir = newDirectory(name);
      mount("tmpfs", dir, "tmpfs", 0, ""); // a disk that nobody has to wait for
      const puller = await Puller.start(dir, registry, image);
      try {
        await killSeveral(puller);
      } finally {
        await puller.stop();
        umount(dir);
      }
    }

    await Promise.all(Array.from({ length: AT_A_TIME }, (_, i) => withPuller(`puller ${i}`)));
    console.log("hits", Object.fromEntries(hits), `fetched twice: ${(twice / KILLS / 1000).toFixed(0)} kB a kill`);
    for (const phase of PHASES) expect(hits.get(phase), phase).toBeGreaterThan(0);
  }, 600_000);

  test.skipIf(!hasLoopDevices)(
    `is gone on with after ${LOSSES} losses of a disk's power (seed ${SEED})`,
    async () => {
      const disk = new Ext4Disk();
      const puller = await Puller.start(disk.path, registry, image);
      const next = random(SEED);
      try {
        for (let loss = 0; loss < LOSSES; loss++) {
          const share = (loss + next()) / LOSSES;
          await puller.losePower(
            share,
            () => disk.losePower(),
            () => disk.comeBack(),
          );
          const stored = await storedIn(puller.containerd);
          console.log(`power lost at ${share.toFixed(2)}:`, puller.phaseOf(stored));
          await puller.expectWhole(stored);
          const fetched = await puller.pull();
          const isStored = image.parts.map(({ digest }) => stored.blobs.includes(digest));
          expect(fetched.filter((_, i) => isStored[i]).every((bytes) => bytes === 0)).toBe(true);
          await puller.expectWhole(await storedIn(puller.containerd));
          await puller.forget();
        }
      } finally {
        await puller.stop();
        disk.remove();
      }
    },
    120_000,
  );
});
