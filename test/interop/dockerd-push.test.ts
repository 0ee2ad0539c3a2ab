/** dockerd's pushes to a genuine registry, which genuine dockerd then pulls. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Images } from "@eras/docker-2019/dockerd/image/images.ts";
import { inspectImage, tagImage } from "@eras/docker-2019/dockerd/image/inspect.ts";
import { loadImages } from "@eras/docker-2019/dockerd/image/load.ts";
import { importImage } from "@eras/docker-2019/dockerd/image/make.ts";
import { pushImage } from "@eras/docker-2019/dockerd/image/push.ts";
import { removeImage } from "@eras/docker-2019/dockerd/image/remove.ts";
import type { ProgressMessage } from "@eras/docker-2019/engine-api/progress-message.ts";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { RegistryClient } from "@eras/registry-client/client.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { GenuineRegistry, USER } from "../genuine/registry.ts";
import { busyboxImage, tarOf } from "../harness/busybox-image.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { once, openOurs } from "./dockerd-stores.ts";

let place: Place;
let genuine: GenuineDocker;
let registry: GenuineRegistry;
let locked: GenuineRegistry;
let images: Images;
let dataRoot: string;
let count = 0;

beforeAll(async () => {
  place = newPlace();
  for (const name of ["genuine", "registry", "locked"]) mkdirSync(join(place.dir, name));
  registry = await GenuineRegistry.start(join(place.dir, "registry"));
  locked = await GenuineRegistry.start(join(place.dir, "locked"), "htpasswd");
  genuine = await GenuineDocker.start(join(place.dir, "genuine"), {
    flags: ["--cgroup-parent", `/${place.cgroupParent}`],
  });
});

/** A store of ours with busybox, under a name that no other test has. */
let base: string;

beforeEach(async () => {
  dataRoot = join(place.dir, `ours-${count++}`);
  base = `${registry.domain}/base-${count}`;
  mkdirSync(dataRoot);
  images = await openOurs(dataRoot);
  await loadImages(images, once(busyboxImage(`${base}:1`)), () => {});
});

afterAll(async () => {
  await genuine.stop();
  await registry.stop();
  await locked.stop();
  await removePlace(place);
});

async function push(name: string, client = new RegistryClient()): Promise<ProgressMessage[]> {
  const messages: ProgressMessage[] = [];
  await pushImage(images, parseReference(name), { client, tell: (message) => messages.push(message) });
  return messages;
}

/** The layers' last words. */
function ends(messages: readonly ProgressMessage[]): string[] {
  const layers = messages.filter(({ id }) => id !== undefined);
  return [...new Set(layers.map(({ id }) => id))].map((id) => layers.findLast((message) => message.id === id)!.status!);
}

describe("pushImage()", () => {
  test("sends one layer to two repositories at once", async () => {
    for (const name of ["one", "two"]) tagImage(images, `${base}:1`, `${base}-${name}`, "1");
    let second: Promise<ProgressMessage[]> | undefined;
    const client = new RegistryClient();
    const tell = ({ status }: ProgressMessage) => {
      if (status === "Pushing") second ??= push(`${base}-two:1`);
    };
    await pushImage(images, parseReference(`${base}-one:1`), { client, tell });
    expect((await second)?.at(-1)?.aux).toMatchObject({ Tag: "1" });
    expect(readdirSync(images.temporary)).toEqual([]);
  });

  test("sends what genuine dockerd pulls and runs, and says what Docker says", async () => {
    const messages = await push(`${base}:1`);
    const { Id, RepoDigests, RootFS } = inspectImage(images, `${base}:1`);
    const [digest] = RepoDigests.map((name) => name.split("@")[1]!);
    const id = RootFS.Layers![0]!.slice(7, 19);
    expect(messages[0]).toEqual({ status: `The push refers to repository [${base}]` });
    const statuses = messages.slice(1, -2).map((message) => `${message.id} ${message.status}`);
    expect([...new Set(statuses)]).toEqual([`${id} Preparing`, `${id} Pushing`, `${id} Pushed`]);
    const { Size } = messages.at(-1)!.aux as { Size: number };
    expect(messages.at(-2)).toEqual({ status: `1: digest: ${digest} size: ${Size}` });
    expect(messages.at(-1)).toEqual({ progressDetail: {}, aux: { Tag: "1", Digest: digest, Size } });
    expect(genuine.docker(["pull", `${base}:1`])).toContain(`Digest: ${digest}`);
    expect(genuine.docker(["inspect", "--format", "{{.Id}}", `${base}:1`])).toBe(Id);
    expect(genuine.docker(["run", "--rm", "--network=none", `${base}:1`, "echo", "hi"])).toBe("hi");
    expect(readdirSync(join(dataRoot, "tmp"))).toEqual([]);
  });

  test("doesn't send what is there, or what another repository has", async () => {
    expect(ends(await push(`${base}:1`))).toEqual(["Pushed"]);
    expect(ends(await push(`${base}:1`))).toEqual(["Layer already exists"]);
    const other = `${registry.domain}/team/other-${count}`;
    tagImage(images, `${base}:1`, other);
    expect(ends(await push(other))).toEqual([`Mounted from base-${count}`]);
    expect(genuine.docker(["pull", "-q", other])).toBe(`${other}:latest`);
  });

  test("sends what is believed to be there, and isn't", async () => {
    const { RootFS } = inspectImage(images, `${base}:1`);
    const nowhere = { Digest: `sha256:${"0".repeat(64)}` as const, SourceRepository: base };
    const elsewhere = { ...nowhere, SourceRepository: `${registry.domain}/nothing` };
    for (const blob of [nowhere, elsewhere]) images.distribution.add(RootFS.Layers![0] as `sha256:${string}`, blob);
    expect(ends(await push(`${base}:1`))).toEqual(["Pushed"]);
  });

  test("gives the image of many layers that genuine dockerd has, with the same manifest once it is there", async () => {
    await push(`${base}:1`);
    const manifest = await (await fetch(`http://${base.replace("/", "/v2/")}/manifests/1`, ACCEPT)).text();
    genuine.docker(["pull", "-q", `${base}:1`]);
    genuine.docker(["tag", `${base}:1`, `${base}:2`]);
    genuine.docker(["push", `${base}:2`]);
    expect(await (await fetch(`http://${base.replace("/", "/v2/")}/manifests/2`, ACCEPT)).text()).toBe(manifest);
  });

  test("without a tag, pushes all of the repository's", async () => {
    tagImage(images, `${base}:1`, `${base}:2`);
    const tags = (await push(base)).flatMap(({ aux }) => (aux && "Tag" in aux ? [aux.Tag] : []));
    expect(tags.sort()).toEqual(["1", "2"]);
  });

  test("fails in Docker's words", async () => {
    const nothing = `${registry.domain}/nothing`;
    await expect(push(nothing)).rejects.toThrow(`An image does not exist locally with the tag: ${nothing}`);
    expect((await genuine.run(["push", nothing])).stderr).toContain(
      `An image does not exist locally with the tag: ${nothing}`,
    );
    await expect(push(`${base}:9`)).rejects.toThrow(`tag does not exist: ${base}:9`);
    tagImage(images, `${base}:1`, `${locked.domain}/web`);
    await expect(push(`${locked.domain}/web`)).rejects.toThrow(/^no basic auth credentials$/);
    expect(readdirSync(join(dataRoot, "tmp"))).toEqual([]);
    const client = new RegistryClient({ credentials: async () => USER });
    expect(ends(await push(`${locked.domain}/web`, client))).toEqual(["Pushed"]);
  });

  test("an image that is removed meanwhile goes when the push has ended", async () => {
    const reference = parseReference(`${registry.domain}/going:1`);
    const tar = tarOf({ large: Buffer.alloc(5_000_000, readFileSync("/proc/sys/kernel/random/uuid")) });
    await importImage(images, once(tar), { reference });
    const pushing = push(`${registry.domain}/going:1`);
    await removeImage(images, `${registry.domain}/going:1`, { users: () => [] });
    expect(ends(await pushing)).toEqual(["Pushed"]);
    expect(images.layers.all()).toHaveLength(1); // busybox's
  });
});

const ACCEPT = { headers: { accept: "application/vnd.docker.distribution.manifest.v2+json" } };
