import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chunksOf, collect, file, symlink, tar } from "@eras/layers/archive-fixtures.ts";
import { type Digest, sha256 } from "@eras/oci-spec/digest.ts";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ProgressMessage } from "../../engine-api/progress-message.ts";
import { ownMounts, temporaryDirectory } from "../graphdriver/fixtures.ts";
import { openGraphDriver } from "../graphdriver/open.ts";
import { fillInitLayer } from "../layer/init-layer.ts";
import { findImage, type Images, openImages } from "./images.ts";
import { imageHistory, inspectImage, tagImage } from "./inspect.ts";
import { listImages } from "./list.ts";
import { loadImages } from "./load.ts";
import { commitImage, importImage } from "./make.ts";
import { type ImageUser, pruneImages, removeImage } from "./remove.ts";
import { saveImages } from "./save.ts";

const CONTAINER = "c".repeat(64);

let root: string;
let stores: Images;
let events: string[];
let users: ImageUser[];

beforeAll(ownMounts);
beforeEach(async () => {
  root = temporaryDirectory();
  events = [];
  users = [];
  await open();
});

async function open(): Promise<void> {
  const tell = (action: string, id: string, { name }: Readonly<Record<string, string>>) =>
    events.push(`${action} ${name === id ? "its id" : name}`);
  stores = await openImages(root, openGraphDriver(root, "overlay2"), tell);
}

/** An image of one layer with one file. */
function make(name: string, { labels = {} }: { labels?: Record<string, string> } = {}): Promise<Digest> {
  return importImage(stores, chunksOf(tar(file(name))), {
    reference: parseReference(name),
    config: { Cmd: ["sh"], Labels: labels },
  });
}

/** An image on another one. */
async function commit(parent: Digest, name?: string): Promise<Digest> {
  const diffIds = stores.images.image(parent).rootfs.diff_ids;
  await stores.rwLayers.create(CONTAINER, diffIds[0], { init: fillInitLayer });
  writeFileSync(join(stores.rwLayers.mount(CONTAINER), "written"), "12345");
  stores.rwLayers.unmount(CONTAINER);
  const containerConfig = { Cmd: ["touch", "<written>"] };
  const reference = name === undefined ? {} : { reference: parseReference(name) };
  const config = { Cmd: ["sh"] };
  const id = await commitImage(stores, { containerId: CONTAINER, containerConfig, config, parent, ...reference });
  await stores.rwLayers.remove(CONTAINER);
  return id;
}

const tagsOf = (filters: Record<string, string[]>) =>
  listImages(stores, filters).map(({ RepoTags }) => RepoTags?.join());
const remove = (name: string, isForced = false) => removeImage(stores, name, { users: () => users, isForced });
const short = (id: string) => id.slice(7, 19);

describe("finding an image", () => {
  test("goes by name, by ID, and by the beginning of an ID", async () => {
    const id = await make("web:1");
    for (const name of ["web:1", "docker.io/library/web:1", id, id.slice(7), id.slice(0, 20), short(id)]) {
      expect(findImage(stores, name)).toBe(id);
    }
  });

  test("fails in Docker's words", () => {
    expect(() => findImage(stores, "web")).toThrow(new NotFound("No such image: web:latest"));
    expect(() => findImage(stores, `sha256:${"a".repeat(64)}`)).toThrow(
      new NotFound(`No such image: sha256:${"a".repeat(64)}`),
    );
    expect(() => inspectImage(stores, "web")).toThrow(new NotFound("no such image: web: No such image: web:latest"));
    expect(() => findImage(stores, "Web")).toThrow(InvalidArgument);
  });
});

describe("listImages()", () => {
  test("filters by label, name, age, and whether there is a name", async () => {
    await make("web:1", { labels: { a: "b" } });
    await new Promise((resolve) => setTimeout(resolve, 2)); // a time of creation has milliseconds
    const nameless = await make("registry.test/team/db");
    expect(tagsOf({ label: ["a"] })).toEqual(["web:1"]);
    expect(tagsOf({ label: ["a=c"] })).toEqual([]);
    expect(tagsOf({ reference: ["web"] })).toEqual(["web:1"]);
    expect(tagsOf({ reference: ["*/*/d?", "nothing"] })).toEqual(["registry.test/team/db:latest"]);
    expect(tagsOf({ before: [nameless] })).toEqual(["web:1"]);
    expect(tagsOf({ since: ["web:1"] })).toEqual(["registry.test/team/db:latest"]);
    stores.references.delete(parseReference("registry.test/team/db"));
    expect(tagsOf({ dangling: ["true"] })).toEqual(["<none>:<none>"]);
    expect(tagsOf({ dangling: ["false"] })).toEqual(["web:1"]);
  });

  test("refuses filters that it doesn't know", () => {
    expect(() => listImages(stores, { x: ["true"] })).toThrow(new InvalidArgument("Invalid filter 'x'"));
    expect(() => listImages(stores, { dangling: ["maybe"] })).toThrow(
      new InvalidArgument("Invalid filter 'dangling=[maybe]'"),
    );
  });

  test("shows images between only if they are asked for", async () => {
    const base = await make("base");
    await commit(base, "web");
    stores.references.delete(parseReference("base"));
    expect(listImages(stores, {})).toHaveLength(1);
    expect(listImages(stores, {}, { isAll: true })).toHaveLength(2);
  });
});

describe("commitImage()", () => {
  test("makes an image on the container's, with history and parent", async () => {
    const base = await make("base");
    const id = await commit(base, "web");
    expect(inspectImage(stores, "web")).toMatchObject({
      Id: id,
      Parent: base,
      Container: CONTAINER,
      Size: 5 + "content".length,
    });
    const history = imageHistory(stores, "web");
    expect(history.map(({ CreatedBy, Id, Size, Tags }) => [CreatedBy, Id, Size, Tags])).toEqual([
      ["touch <written>", id, 5, ["web:latest"]],
      ["", base, "content".length, ["base:latest"]],
    ]);
  });

  test("makes no layer of nothing", async () => {
    const base = await make("base");
    const { diff_ids } = stores.images.image(base).rootfs;
    await stores.rwLayers.create(CONTAINER, diff_ids[0], { init: fillInitLayer });
    const id = await commitImage(stores, { containerId: CONTAINER, containerConfig: {}, config: {}, parent: base });
    expect(stores.images.image(id).rootfs.diff_ids).toEqual(diff_ids);
    expect(stores.images.image(id).history?.at(-1)?.empty_layer).toBe(true);
    expect(stores.layers.all()).toHaveLength(1);
  });
});

describe("removeImage()", () => {
  test("by name, takes the name, and with the last one the image and its layers", async () => {
    const id = await make("web:1");
    const [layer] = stores.layers.all();
    tagImage(stores, "web:1", "web", "2");
    expect(await remove("web:1")).toEqual([{ Untagged: "web:1" }]);
    expect(await remove("web:2")).toEqual([{ Untagged: "web:2" }, { Deleted: id }, { Deleted: layer!.chainId }]);
    expect(readdirSync(join(root, "overlay2"))).toEqual(["l"]);
    expect(events).toEqual([
      "tag web:1",
      "import its id",
      "tag web:2",
      "untag its id",
      "untag its id",
      "delete its id",
    ]);
  });

  test("by ID, takes an image with one name, and one with more by force", async () => {
    const id = await make("web:1");
    tagImage(stores, "web:1", "db");
    await expect(remove(id)).rejects.toThrow(
      `conflict: unable to delete ${short(id)} (must be forced) - image is referenced in multiple repositories`,
    );
    expect(await remove(short(id), true)).toMatchObject([
      { Untagged: "db:latest" },
      { Untagged: "web:1" },
      { Deleted: id },
      {},
    ]);
  });

  test("takes the digests with the last tag of a repository", async () => {
    const id = await make("web");
    stores.references.addDigest(parseReference("web"), id, id);
    expect(await remove("web")).toMatchObject([
      { Untagged: "web:latest" },
      { Untagged: `web@${id}` },
      { Deleted: id },
      {},
    ]);
  });

  test("keeps what containers use, in Docker's words", async () => {
    const id = await make("web");
    users = [{ containerId: CONTAINER, imageId: id, isRunning: false }];
    const [container, image] = [CONTAINER.slice(0, 12), short(id)];
    await expect(remove("web")).rejects.toThrow(
      `conflict: unable to remove repository reference "web" (must force) - container ${container} is using its referenced image ${image}`,
    );
    await expect(remove(id)).rejects.toThrow(
      `conflict: unable to delete ${image} (must be forced) - image is being used by stopped container ${container}`,
    );
    users = [{ ...users[0]!, isRunning: true }];
    await expect(remove(id, true)).rejects.toThrow(
      `conflict: unable to delete ${image} (cannot be forced) - image is being used by running container ${container}`,
    );
    expect(await remove("web", true)).toEqual([{ Untagged: "web:latest" }]);
  });

  test("keeps what others were built on, and takes nameless parents along", async () => {
    const base = await make("base");
    const id = await commit(base, "web");
    await expect(remove(base)).rejects.toThrow("(cannot be forced) - image has dependent child images");
    expect(await remove("base")).toEqual([{ Untagged: "base:latest" }]);
    expect(await remove("web")).toMatchObject([{ Untagged: "web:latest" }, { Deleted: id }, {}, { Deleted: base }, {}]);
    expect(stores.layers.all()).toEqual([]);
  });
});

describe("pruneImages()", () => {
  test("takes nameless images; with dangling=false all that no container uses", async () => {
    const [used, nameless] = [await make("used"), await make("nameless")];
    await make("unused", { labels: { keep: "" } });
    users = [{ containerId: CONTAINER, imageId: used, isRunning: false }];
    const all = () => users;
    expect(await pruneImages(stores, {}, all)).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 });
    stores.references.delete(parseReference("nameless"));
    const report = await pruneImages(stores, {}, all);
    expect(report).toMatchObject({ ImagesDeleted: [{ Deleted: nameless }, {}], SpaceReclaimed: "content".length });
    expect(await pruneImages(stores, { dangling: ["false"], "label!": ["keep"] }, all)).toMatchObject({
      ImagesDeleted: null,
    });
    expect(await pruneImages(stores, { dangling: ["false"], until: ["1h"] }, all)).toMatchObject({
      ImagesDeleted: null,
    });
    await pruneImages(stores, { dangling: ["false"] }, all);
    expect(tagsOf({})).toEqual(["used:latest"]);
  });
});

describe("what can't be written", () => {
  test("hasn't happened: a name, a name less, an image", async () => {
    const id = await make("web");
    const imageRoot = join(root, "image/overlay2");
    mkdirSync(join(imageRoot, "repositories.json.tmp/in-the-way"), { recursive: true });
    expect(() => tagImage(stores, "web", "other")).toThrow("EISDIR");
    await expect(remove("web")).rejects.toThrow("EISDIR");
    expect(tagsOf({})).toEqual(["web:latest"]);
    rmSync(join(imageRoot, "repositories.json.tmp"), { recursive: true });
    const content = join(imageRoot, "imagedb/content/sha256");
    renameSync(content, `${content}.away`);
    await expect(make("other")).rejects.toThrow("ENOENT");
    renameSync(`${content}.away`, content);
    expect(stores.images.ids()).toEqual([id]);
    expect(stores.layers.all()).toHaveLength(1);
  });
});

describe("a restart", () => {
  test("finds images, names, parents, times", async () => {
    const base = await make("base");
    await commit(base, "web");
    const before = [listImages(stores, {}), inspectImage(stores, "web"), imageHistory(stores, "web")];
    await open();
    expect([listImages(stores, {}), inspectImage(stores, "web"), imageHistory(stores, "web")]).toEqual(before);
    await remove("web");
    await remove("base");
    expect(stores.layers.all()).toEqual([]);
  });

  test("goes without an image that is damaged, and removes its layers", async () => {
    const [good, bad] = [await make("good"), await make("bad")];
    writeFileSync(join(root, "image/overlay2/imagedb/content/sha256", bad.slice(7)), "{}");
    await open();
    expect(listImages(stores, {}).map(({ Id }) => Id)).toEqual([good]);
    expect(stores.layers.all()).toHaveLength(1);
    expect(() => findImage(stores, "bad")).toThrow(NotFound);
  });
});

describe("loadImages()", () => {
  const layer = tar(file("f"));
  const config = JSON.stringify({
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: [sha256(layer)] },
  });
  const manifest = (more: object = {}) =>
    file("manifest.json", JSON.stringify([{ Config: "c.json", RepoTags: ["web:1"], Layers: ["l.tar"], ...more }]));
  const layerFile = file("l.tar", layer.toString("latin1"));

  async function load(...members: Buffer[]): Promise<ProgressMessage[]> {
    const messages: ProgressMessage[] = [];
    await loadImages(stores, chunksOf(tar(...members)), (message) => messages.push(message), { isQuiet: true });
    return messages;
  }

  test("tells what it has loaded, and whose name it took", async () => {
    expect(await load(manifest(), file("c.json", config), layerFile)).toEqual([{ stream: "Loaded image: web:1\n" }]);
    expect(await load(manifest({ RepoTags: null }), file("c.json", config), layerFile)).toEqual([
      { stream: `Loaded image ID: ${sha256(config)}\n` },
    ]);
    const other = await make("web:1");
    expect(await load(manifest(), file("c.json", config), layerFile)).toEqual([
      { stream: `The image web:1 already exists, renaming the old one with ID ${other} to empty string\n` },
      { stream: "Loaded image: web:1\n" },
    ]);
  });

  test.for<[string, Buffer[], string]>([
    ["no manifest", [file("c.json", config)], "repositories: no such file or directory"],
    ["no config", [manifest(), layerFile], "c.json: no such file or directory"],
    [
      "an image of another system",
      [manifest(), file("c.json", config.replace("linux", "windows")), layerFile],
      "cannot load windows image on linux",
    ],
    ["no layer", [manifest(), file("c.json", config)], "l.tar: no such file or directory"],
    [
      "a link out of it",
      [manifest(), symlink("c.json", "/etc/hostname"), layerFile],
      "c.json: no such file or directory",
    ],
    [
      "too many layers",
      [manifest({ Layers: ["l.tar", "l.tar"] }), file("c.json", config)],
      "layers length mismatch: expected 1, got 2",
    ],
    [
      "another layer",
      [manifest(), file("c.json", config), file("l.tar", tar(file("g")).toString("latin1"))],
      "invalid diffID for layer 0",
    ],
    ["no RootFS", [manifest(), file("c.json", "{}"), layerFile], "invalid image JSON, no RootFS key"],
    [
      "a digest as tag",
      [manifest({ RepoTags: [`web@${sha256("")}`] }), file("c.json", config), layerFile],
      "invalid tag",
    ],
    ["repositories that are none", [file("repositories", '{"web": null, "old": 3}')], "old: 3 is not an object"],
    [
      "an old image that is none",
      [file("old/json", '{"container_config": {"Cmd": "sh"}}'), file("repositories", "{}")],
      'container_config.Cmd: "sh" is not a list',
    ],
    ["garbage", [Buffer.alloc(512, "g")], "Error processing tar file"],
  ])("refuses an archive with %s, and leaves nothing", async ([, members, message]) => {
    await expect(load(...members)).rejects.toThrow(message);
    expect(listImages(stores, {})).toEqual([]);
    expect(stores.layers.all()).toEqual([]);
    expect(readdirSync(join(root, "tmp"))).toEqual([]);
  });

  test("takes what saveImages() gives", async () => {
    const base = await make("base");
    const id = await commit(base, "web:1");
    const archive = await collect(await saveImages(stores, ["web", short(base)]));
    const before = [
      imageHistory(stores, "web:1").map(({ Size }) => Size),
      stores.layers.stackBytes(stores.layers.all()[0]!.chainId),
    ];
    await remove(id, true);
    await remove(base, true);
    expect(await loadImages(stores, chunksOf(archive), () => {})).toEqual([id, base]);
    expect([
      imageHistory(stores, "web:1").map(({ Size }) => Size),
      stores.layers.stackBytes(stores.layers.all()[0]!.chainId),
    ]).toEqual(before);
    await expect(saveImages(stores, ["nothing"])).rejects.toThrow(new NotFound("No such image: nothing"));
    await expect(saveImages(stores, ["nothing:1"])).rejects.toThrow(new NotFound("reference does not exist"));
  });

  test("keeps the layers until the end, though the image is removed meanwhile", async () => {
    await make("web");
    const { length } = await collect(await saveImages(stores, ["web"]));
    const begun = await saveImages(stores, ["web"]);
    const { value } = await begun.next();
    await remove("web");
    expect(value!.length + (await collect(begun)).length).toBe(length);
    expect(stores.layers.all()).toEqual([]);
  });

  test("fails when a layer's files are gone, and not with a wrong archive", async () => {
    await make("web");
    rmSync(join(stores.layers.driver.layerDirectory(stores.layers.all()[0]!.cacheId), "web"));
    await expect(collect(await saveImages(stores, ["web"]))).rejects.toThrow("it is gone");
  });
});
