/** dockerd's pulls from a genuine registry, beside genuine dockerd's of the same images. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Images } from "@eras/docker-2019/dockerd/image/images.ts";
import { inspectImage } from "@eras/docker-2019/dockerd/image/inspect.ts";
import { listImages } from "@eras/docker-2019/dockerd/image/list.ts";
import { pullImage } from "@eras/docker-2019/dockerd/image/pull.ts";
import { removeImage } from "@eras/docker-2019/dockerd/image/remove.ts";
import type { ProgressMessage } from "@eras/docker-2019/engine-api/progress-message.ts";
import { digestEncoded, sha256 } from "@eras/oci-spec/digest.ts";
import { NotFound, Unknown } from "@eras/oci-spec/errdefs.ts";
import { parseManifest } from "@eras/oci-spec/image/manifest.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { RegistryClient } from "@eras/registry-client/client.ts";
import { MemoryStore } from "@eras/registry-client/image-fixtures.ts";
import { fetchManifest, putManifest, resolveManifest } from "@eras/registry-client/manifests.ts";
import { push } from "@eras/registry-client/push.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { GenuineRegistry } from "../genuine/registry.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { imageOf } from "../harness/layered-image.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { filesOf, genuineApi, openOurs, treesOf } from "./dockerd-stores.ts";

let place: Place;
let genuine: GenuineDocker;
let registry: GenuineRegistry;
let images: Images;
let dataRoot: string;
let count = 0;

beforeAll(async () => {
  place = newPlace();
  for (const name of ["genuine", "registry"]) mkdirSync(join(place.dir, name));
  registry = await GenuineRegistry.start(join(place.dir, "registry"));
  genuine = await GenuineDocker.start(join(place.dir, "genuine"), {
    flags: ["--cgroup-parent", `/${place.cgroupParent}`],
  });
  genuine.docker(["load"], busyboxImage("busybox:latest"));
  genuine.docker(["tag", "busybox", name("base:1")]);
  genuine.docker(["push", name("base:1")]);
  genuine.docker([
    "run",
    "--name",
    "maker",
    "busybox",
    "sh",
    "-c",
    "echo hi > /hi; rm /bin/ash; head -c 3000000 /dev/urandom > /large",
  ]);
  genuine.docker(["commit", "maker", name("t/two:v1")]);
  genuine.docker(["push", name("t/two:v1")]);
  genuine.docker(["rm", "maker"]);
  forgetAll();
  const distribution = join(place.dir, "genuine/data/image/overlay2/distribution");
  for (const kind of readdirSync(distribution)) rmSync(join(distribution, kind), { recursive: true }); // of the pushes
});

beforeEach(async () => {
  dataRoot = join(place.dir, `ours-${count++}`);
  mkdirSync(dataRoot);
  images = await openOurs(dataRoot);
});

afterAll(async () => {
  await genuine.stop();
  await registry.stop();
  await removePlace(place);
});

const name = (image: string) => `${registry.domain}/${image}`;

function forgetAll(): void {
  for (const id of new Set(genuine.docker(["images", "-aq", "--no-trunc"]).split("\n")))
    if (id) genuine.docker(["rmi", "-f", id]);
}

async function pull(image: string, client = new RegistryClient()): Promise<ProgressMessage[]> {
  const messages: ProgressMessage[] = [];
  await pullImage(images, parseReference(name(image)), { client, tell: (message) => messages.push(message) });
  return messages;
}

/** Of these, genuine dockerd passes over some: whoever listens is told the latest. */
const PASSING = ["Waiting", "Downloading", "Verifying Checksum", "Download complete", "Extracting"];

/** Statuses by id, in their order; a bar is one. */
function told(messages: readonly ProgressMessage[], leftOut = PASSING): Record<string, string[]> {
  const byId = Object.groupBy(messages, ({ id = "" }) => id) as Record<string, ProgressMessage[]>;
  const statuses = Object.entries(byId).map(([id, own]) => {
    const all = own.map(({ status = "" }) => status).filter((status) => !leftOut.includes(status));
    return [id, all.filter((status, i) => status !== all[i - 1])] as const;
  });
  return Object.fromEntries(statuses.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function genuinePull(image: string): Promise<ProgressMessage[]> {
  const [repository, tag] = image.split(/[:@](?=[^/]+$)/) as [string, string];
  const query = new URLSearchParams({ fromImage: name(repository), tag });
  return (await genuineApi(genuine, `/images/create?${query}`, "POST")) as ProgressMessage[];
}

describe("pullImage()", () => {
  test("takes a list that is wrong about sizes, and nothing that is no image", async () => {
    const store = new MemoryStore();
    const listed = { ...store.addImage([], hostPlatform()), size: 1 };
    await push(new RegistryClient(), parseReference(name("sizes:1")), store.addIndex([listed]), store);
    const chart = JSON.parse(store.blobs.get(listed.digest)!.toString());
    chart.config.mediaType = "application/vnd.cncf.helm.config.v1+json";
    const bytes = Buffer.from(JSON.stringify(chart));
    const { mediaType } = listed;
    const repository = new RegistryClient().repository(parseReference(name("sizes:1")), "push");
    await putManifest(repository, { mediaType, digest: sha256(bytes), size: bytes.length }, bytes, "chart");
    await expect(pull("sizes:chart")).rejects.toThrow(`unsupported media type ${chart.config.mediaType}`);
    const [{ error } = {}] = (await genuinePull("sizes:chart")).filter((message) => "error" in message);
    expect(error).toBe(`unsupported media type ${chart.config.mediaType}`);
    expect((await pull("sizes:1")).at(-1)?.status).toContain("Downloaded newer image");
  });

  test("writes the stores that genuine dockerd writes, and says the same meanwhile", async () => {
    const theirs = [await genuinePull("base:1"), await genuinePull("t/two:v1"), await genuinePull("t/two:v1")];
    const ours = [await pull("base:1"), await pull("t/two:v1"), await pull("t/two:v1")];
    expect(ours.map((messages) => told(messages))).toEqual(theirs.map((messages) => told(messages)));
    const [large] = Object.values(told(ours[1]!, [])).filter((statuses) => statuses.includes("Pull complete"));
    const inOrder = [
      "Pulling fs layer",
      "Downloading",
      "Verifying Checksum",
      "Download complete",
      "Extracting",
      "Pull complete",
    ];
    expect(large).toEqual(inOrder);
    const withoutTimes = (root: string) =>
      Object.fromEntries(Object.entries(filesOf(root)).filter(([path]) => !path.endsWith("lastUpdated")));
    const genuineRoot = join(place.dir, "genuine/data");
    expect(withoutTimes(dataRoot)).toEqual(withoutTimes(genuineRoot));
    expect(treesOf(dataRoot)).toEqual(treesOf(genuineRoot));
    expect(readdirSync(join(dataRoot, "tmp"))).toEqual([]);
  });

  test("of a repository takes all tags", async () => {
    genuine.docker(["pull", name("base:1")]);
    for (const tag of ["1", "2", "3"]) {
      genuine.docker(["tag", name("base:1"), name(`all:${tag}`)]);
      genuine.docker(["push", name(`all:${tag}`)]);
    }
    const messages = await pull("all");
    const ids = messages.filter(({ status }) => status === "Pulling from all").map(({ id }) => id);
    expect(ids.sort()).toEqual(["1", "2", "3"]); // the registry lists them as it likes
    expect(messages.at(-1)).toEqual({ status: `Status: Downloaded newer image for ${name("all")}` });
    expect(listImages(images, {})[0]!.RepoTags).toEqual(["1", "2", "3"].map((tag) => name(`all:${tag}`)));
    await expect(pull("nothing")).rejects.toThrow(NotFound);
  });

  test("by digest, gives it no tag", async () => {
    const repository = new RegistryClient().repository(parseReference(name("t/two:v1")), "pull");
    const { digest } = await resolveManifest(repository, parseReference(name("t/two:v1")));
    await pull(`t/two@${digest}`);
    expect(listImages(images, {})).toMatchObject([{ RepoTags: null, RepoDigests: [name(`t/two@${digest}`)] }]);
  });

  test("of a list takes what suits the machine, and has the list's digest", async () => {
    const store = new MemoryStore();
    const { manifest } = imageOf(store, [Buffer.alloc(1024)]);
    const other = store.addImage([10], { os: "linux", architecture: "s390x" });
    const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" };
    const index = store.addIndex([other, { ...manifest, platform }]);
    await push(new RegistryClient(), parseReference(name("many:1")), index, store);
    const messages = await pull("many:1");
    expect(messages.at(-2)?.status).toBe(`Digest: ${index.digest}`);
    expect(inspectImage(images, name("many:1")).RepoDigests).toEqual([name(`many@${index.digest}`)]);
    const lonely = store.addIndex([{ ...other, platform: { os: "linux", architecture: "s390x" } }]);
    await push(new RegistryClient(), parseReference(name("lonely:1")), lonely, store);
    await expect(pull("lonely:1")).rejects.toThrow(
      /^no matching manifest for linux\/\w+ in the manifest list entries$/,
    );
  });

  test("goes on where another pull was cut off", async () => {
    const repository = new RegistryClient().repository(parseReference(name("t/two:v1")), "pull");
    const descriptor = await resolveManifest(repository, parseReference(name("t/two:v1")));
    const large = parseManifest(await fetchManifest(repository, descriptor)).layers[1]!;
    const blob = await fetch(`http://${registry.domain}/v2/t/two/blobs/${large.digest}`);
    const bytes = Buffer.from(await blob.arrayBuffer());
    const path = join(dataRoot, "tmp", `GetImageBlob-${digestEncoded(large.digest)}`);
    writeFileSync(path, bytes.subarray(0, bytes.length - 10));
    const downloading = (await pull("t/two:v1")).filter(
      ({ id, status }) => large.digest.includes(id!) && status === "Downloading",
    );
    expect(downloading.map(({ progressDetail }) => progressDetail?.current)).toEqual([bytes.length]); // the last ten alone
    await removeImage(images, name("t/two:v1"), { users: () => [] });
    writeFileSync(path, Buffer.alloc(1000, "wrong"));
    await pull("t/two:v1");
    expect(listImages(images, {})).toHaveLength(1);
  });

  test("shares what two pulls want at the same time", async () => {
    const [one, other] = await Promise.all([pull("t/two:v1"), pull("t/two:v1")]);
    expect(listImages(images, {})).toHaveLength(1);
    expect(images.layers.all()).toHaveLength(2);
    for (const messages of [one, other]) {
      expect(messages.filter(({ status }) => status === "Pull complete" || status === "Already exists")).toHaveLength(
        2,
      );
    }
  });

  test("fails in Docker's words, before anything was told", async () => {
    const message = `manifest for ${name("nothing:1")} not found: manifest unknown: manifest unknown`;
    await expect(pull("nothing:1")).rejects.toThrow(new NotFound(message));
    expect(await genuinePull("nothing:1")).toEqual([{ message }]);
  });

  test("fails in Docker's words where nobody listens, and where there is no such host", async () => {
    const message = 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused';
    const attempt = (image: string) =>
      pullImage(images, parseReference(image), { client: new RegistryClient(), tell: () => {} });
    await expect(attempt("127.0.0.1:1/web:1")).rejects.toThrow(new Unknown(message));
    const query = new URLSearchParams({ fromImage: "127.0.0.1:1/web", tag: "1" });
    expect(await genuineApi(genuine, `/images/create?${query}`, "POST")).toEqual([{ message }]);
    const { stderr } = await genuine.run(["pull", "-q", "nowhere.invalid/web:1"]);
    const failure = stderr.replace("Error response from daemon: ", "").trim();
    expect(failure).toMatch(/^Get "https:\/\/nowhere.invalid\/v2\/": dial tcp: lookup nowhere.invalid on /);
    await expect(attempt("nowhere.invalid/web:1")).rejects.toThrow(new Unknown(failure));
  });

  test("leaves nothing of an image with a damaged layer", async () => {
    const store = new MemoryStore();
    const image = imageOf(store, [Buffer.alloc(1024), Buffer.alloc(2048)]);
    const client = new RegistryClient();
    await push(client, parseReference(name("damaged:1")), image.manifest, store);
    registry.damage(image.parts.at(-1)!.digest);
    await expect(pull("damaged:1")).rejects.toThrow(
      `filesystem layer verification failed for digest ${image.parts.at(-1)!.digest}`,
    );
    expect(listImages(images, {})).toEqual([]);
    expect(images.layers.all()).toEqual([]);
    const { digest } = image.manifest;
    registry.damage(digest);
    await expect(pull(`damaged@${digest}`)).rejects.toThrow(`manifest verification failed for digest ${digest}`);
  });

  test("refuses an image whose config tells of other layers", async () => {
    const store = new MemoryStore();
    const { parts } = imageOf(store, [Buffer.alloc(1024)]);
    const [, , layer] = parts;
    const config = store.add("application/vnd.oci.image.config.v1+json", {
      os: "linux",
      architecture: "amd64",
      rootfs: { type: "layers", diff_ids: [sha256("another")] },
    });
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const manifest = store.add(mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
    await push(new RegistryClient(), parseReference(name("liar:1")), manifest, store);
    await expect(pull("liar:1")).rejects.toThrow("layers from manifest don't match image configuration");
    expect(images.layers.all()).toEqual([]);
  });
});
