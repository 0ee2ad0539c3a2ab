/** dockerd's images, when whoever works with them is killed at any moment: what was acknowledged is there, and nothing else. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openGraphDriver } from "@eras/docker-2019/dockerd/graphdriver/open.ts";
import { type Images, openImages } from "@eras/docker-2019/dockerd/image/images.ts";
import { collect } from "@eras/layers/archive-fixtures.ts";
import { type Digest, sha256 } from "@eras/oci-spec/digest.ts";
import { expect, test } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { random } from "../harness/random.ts";

const ROUNDS = 12;
const MAX_LIFE_MS = 700;
/** Of what is killed when; a failing run can be repeated with it. */
const SEED = Number(process.env.ERAS_SEED ?? Date.now() % 1e6);

test(`images that were acknowledged outlive ${ROUNDS} kills, and what was half-made is gone (seed ${SEED})`, async () => {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-killed-"));
  const [dataRoot, archive] = [join(dir, "data"), join(dir, "archive")];
  mkdirSync(dataRoot);
  writeFileSync(archive, busyboxImage("busybox:latest"));
  const next = random(SEED);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const told = await linesUntilKilled(dataRoot, archive, next() * MAX_LIFE_MS);
      const stores = await openImages(dataRoot, openGraphDriver(dataRoot, "overlay2"));
      const going = new Set(namedBy("going", told));
      expect(namedBy("image", told).filter((id) => !going.has(id) && !stores.images.has(id as Digest))).toEqual([]);
      expect(
        namedBy("container", told).filter((id) => !going.has(id) && !stores.rwLayers.containerIds().includes(id)),
      ).toEqual([]);
      expect(stores.layers.driver.ids().sort()).toEqual(treesInUse(stores));
      expect(filesBelow(dataRoot).filter((path) => path.endsWith(".tmp") && !path.includes("repositories"))).toEqual(
        [],
      );
      const described = readdirSync(join(dataRoot, "image/overlay2/imagedb/metadata/sha256"));
      expect(described.filter((name) => !stores.images.has(`sha256:${name}`))).toEqual([]);
      expect(readdirSync(join(dataRoot, "overlay2/l"))).toHaveLength(stores.layers.driver.ids().length);
      for (const layer of stores.layers.all())
        expect(sha256(await collect(stores.layers.tar(layer)))).toBe(layer.diffId);
      for (const { reference } of stores.references.inRepository({ domain: "docker.io", path: "library/busybox" })) {
        expect(stores.references.get(reference)).toMatch(/^sha256:/);
      }
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
}, 120_000);

/** Starts the worker, and counts its life from its first line. */
async function linesUntilKilled(dataRoot: string, archive: string, lifeMs: number): Promise<string[]> {
  const main = join(import.meta.dirname, "images-under-way/main.ts");
  const worker = spawn(process.execPath, [main, dataRoot, archive], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  worker.stdout.once("data", () => setTimeout(() => worker.kill("SIGKILL"), lifeMs));
  worker.stdout.on("data", (piece) => {
    text += piece;
  });
  const [code] = await new Promise<[number | null]>((resolve) => worker.on("close", (status) => resolve([status])));
  expect(code).toBe(null); // it would work for ever
  return text.split("\n").slice(0, -1);
}

function filesBelow(dataRoot: string): string[] {
  return readdirSync(join(dataRoot, "image"), { recursive: true, encoding: "utf8" });
}

function namedBy(word: string, lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
}

function treesInUse({ layers, rwLayers }: Images): string[] {
  const containers = rwLayers.containerIds().map((id) => rwLayers.layer(id));
  const trees = containers.flatMap(({ mountId, initId }) => (initId === undefined ? [mountId] : [mountId, initId]));
  return [...layers.all().map(({ cacheId }) => cacheId), ...trees].sort();
}
