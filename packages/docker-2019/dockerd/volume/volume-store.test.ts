import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GenuineDocker } from "../../../../test/genuine/docker.ts";
import { newPlace, type Place, removePlace } from "../../../../test/harness/remains.ts";
import { VolumeStore } from "./volume-store.ts";

let place: Place;
let store: VolumeStore;
beforeEach(async () => {
  place = newPlace();
  store = await VolumeStore.open({ dataRoot: place.dir });
});
afterEach(async () => expect(await removePlace(place)).toEqual([]));

const TMPFS = { type: "tmpfs", device: "tmpfs", o: "size=1m,uid=7,noexec" };
const names = (filters: Record<string, string[]>) =>
  store.list(new Map(Object.entries(filters))).map(({ Name }) => Name);

describe("create()", () => {
  test("makes a directory that another store finds", async () => {
    const volume = store.create({ Name: "web", Labels: { tier: "front" } });
    expect(volume).toEqual({
      CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      Driver: "local",
      Labels: { tier: "front" },
      Mountpoint: join(place.dir, "volumes/web/_data"),
      Name: "web",
      Options: null,
      Scope: "local",
    });
    expect(statSync(volume.Mountpoint).mode & 0o777).toBe(0o755);
    expect((await VolumeStore.open({ dataRoot: place.dir })).list()).toEqual([volume]);
  });

  test("takes names as long as a file's, and none that is longer", () => {
    expect(store.create({ Name: "a".repeat(255) }).Name).toHaveLength(255);
    expect(() => store.create({ Name: "a".repeat(256) })).toThrow("volume name is too long");
  });

  test("makes up a name of 64 hexadecimal digits", () => {
    expect(store.create({}).Name).toMatch(/^[0-9a-f]{64}$/);
  });

  test("gives the volume that is there", () => {
    const first = store.create({ Name: "web", Labels: { a: "1" } });
    writeFileSync(join(first.Mountpoint, "kept"), "");
    expect(store.create({ Name: "web", Labels: { a: "2" }, DriverOpts: TMPFS })).toEqual(first);
    expect(readdirSync(first.Mountpoint)).toEqual(["kept"]);
  });

  test("gives it to the root of remapped containers", async () => {
    const remapped = await VolumeStore.open({ dataRoot: place.dir }, { uid: 100_000, gid: 100_001 });
    const { uid, gid } = statSync(remapped.create({ Name: "web" }).Mountpoint);
    expect([uid, gid]).toEqual([100_000, 100_001]);
  });
});

test("a store takes away what one that was killed was about to make or remove", async () => {
  for (const name of [".making-web", ".removed-x"])
    mkdirSync(join(place.dir, "volumes", name, "_data"), { recursive: true });
  await VolumeStore.open({ dataRoot: place.dir });
  expect(readdirSync(join(place.dir, "volumes"))).toEqual([]);
});

describe("get()", () => {
  test.each(["none", "", ".", "..", "../volumes/web", "web/_data"])("knows no volume %j", (name) => {
    store.create({ Name: "web" });
    expect(() => store.get(name)).toThrow(`get ${name}: no such volume`);
  });
});

describe("remove()", () => {
  test("refuses while a container has the volume, and says which", async () => {
    const { Mountpoint } = store.create({ Name: "web" });
    for (const container of ["one", "two"]) store.reference("web", container);
    await expect(store.remove("web")).rejects.toThrow("remove web: volume is in use - [one, two]");
    await expect(store.remove("web", { force: true })).rejects.toThrow("in use");
    store.release("web", "one");
    expect(await store.usage()).toMatchObject([{ Name: "web", UsageData: { Size: 0, RefCount: 1 } }]);
    store.release("web", "two");
    await store.remove("web");
    expect(existsSync(Mountpoint)).toBe(false);
    await expect(store.remove("web")).rejects.toThrow("get web: no such volume");
    await store.remove("web", { force: true });
  });

  test("follows no symbolic link out of the volume", async () => {
    const { Mountpoint } = store.create({ Name: "web" });
    writeFileSync(join(place.dir, "host"), "");
    mkdirSync(join(place.dir, "hosts"));
    writeFileSync(join(place.dir, "hosts/file"), "");
    symlinkSync(join(place.dir, "host"), join(Mountpoint, "file"));
    symlinkSync(join(place.dir, "hosts"), join(Mountpoint, "dir"));
    await store.remove("web");
    expect(existsSync(join(place.dir, "host"))).toBe(true);
    expect(existsSync(join(place.dir, "hosts/file"))).toBe(true);
  });
});

describe("list(), prune()", () => {
  beforeEach(() => {
    store.create({ Name: "web1", Labels: { tier: "front", old: "" } });
    store.create({ Name: "web2", Labels: { tier: "front" } });
    store.create({ Name: "db", Labels: { tier: "back" } });
    store.reference("db", "c");
  });

  test("choose by label, name, driver and use", () => {
    expect(names({})).toEqual(["db", "web1", "web2"]);
    expect(names({ label: ["tier=front"] })).toEqual(["web1", "web2"]);
    expect(names({ label: ["tier=front", "old"] })).toEqual(["web1"]);
    expect(names({ name: ["^w.*2$", "d"] })).toEqual(["db", "web2"]);
    expect(names({ driver: ["local"] })).toHaveLength(3);
    expect(names({ driver: ["nfs"] })).toEqual([]);
    expect(names({ dangling: ["true"] })).toEqual(["web1", "web2"]);
    expect(names({ dangling: ["0"] })).toEqual(["db"]);
  });

  test("refuse filters that there are not", async () => {
    expect(() => names({ nope: ["1"] })).toThrow("Invalid filter 'nope'");
    expect(() => names({ dangling: ["x"] })).toThrow("Invalid filter 'dangling=[x]'");
    await expect(store.prune(new Map([["name", ["x"]]]))).rejects.toThrow("Invalid filter 'name'");
  });

  test("take it that volumes and files go meanwhile", async () => {
    mkdirSync(join(store.get("web1").Mountpoint, "a/b"), { recursive: true });
    const counted = store.usage();
    await store.remove("web1");
    expect((await counted).map(({ Name }) => Name)).toEqual(["db", "web2"]);
    const pruned = await Promise.all([store.prune(), store.prune()]);
    expect(pruned.flatMap(({ VolumesDeleted }) => VolumesDeleted)).toEqual(["web2"]);
  });

  test("prune what no container has, and tell how much that was", async () => {
    writeFileSync(join(store.get("web2").Mountpoint, "file"), "12345");
    const unlabelled = new Map([["label!", ["old"]]]);
    expect(await store.prune(unlabelled)).toEqual({ VolumesDeleted: ["web2"], SpaceReclaimed: 5 });
    expect(names({})).toEqual(["db", "web1"]);
    expect(await store.prune()).toEqual({ VolumesDeleted: ["web1"], SpaceReclaimed: 0 });
  });
});

describe("a volume with options", () => {
  const mounts = () => readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(place.dir));

  test("is mounted from its first container's start until its last one's end", () => {
    const { Options, Mountpoint } = store.create({ Name: "scratch", DriverOpts: TMPFS });
    expect(Options).toEqual(TMPFS);
    expect(JSON.parse(readFileSync(join(place.dir, "volumes/scratch/opts.json"), "utf8"))).toEqual({
      MountType: "tmpfs",
      MountOpts: TMPFS.o,
      MountDevice: "tmpfs",
      Quota: { Size: 0 },
    });
    expect(store.mount("scratch", "one")).toBe(Mountpoint);
    store.mount("scratch", "two");
    expect(mounts()).toEqual([expect.objectContaining({ mountPoint: Mountpoint, type: "tmpfs" })]);
    expect(statSync(Mountpoint).uid).toBe(7);
    store.unmount("scratch", "one");
    expect(mounts()).toHaveLength(1);
    store.release("scratch", "two");
    expect(mounts()).toEqual([]);
  });

  test("says why it can't be mounted", () => {
    const opts = { type: "none", device: `${place.dir}/nowhere`, o: "bind" };
    const { Mountpoint } = store.create({ Name: "bound", DriverOpts: opts });
    expect(() => store.mount("bound", "one")).toThrow(
      `error while mounting volume '${Mountpoint}': failed to mount local volume: mount ${place.dir}/nowhere:${Mountpoint}, flags: 0x1000: no such file or directory`,
    );
  });

  test("is not taken for its content: a bind's stays when the volume goes", async () => {
    mkdirSync(join(place.dir, "data"));
    writeFileSync(join(place.dir, "data/kept"), "");
    store.create({ Name: "bound", DriverOpts: { type: "none", device: join(place.dir, "data"), o: "bind" } });
    store.mount("bound", "one");
    const later = await VolumeStore.open({ dataRoot: place.dir }); // which has not heard of container one
    await later.remove("bound");
    expect(existsSync(join(place.dir, "data/kept"))).toBe(true);
    expect(mounts()).toEqual([]);
  });
});

test("what can't be created is refused in genuine Docker's words", async () => {
  const docker = await GenuineDocker.start(newPlaceBelow("genuine"));
  try {
    const requests = [
      { Name: "x" },
      { Name: "a/b" },
      { Name: ".a" },
      { Name: "xx", DriverOpts: { foo: "bar" } },
      { Name: "xx", DriverOpts: { type: "tmpfs" } },
      { Name: "xx", DriverOpts: { o: "size=1m" } },
      { Name: "xx", DriverOpts: { device: "tmpfs" } },
      { Name: "xx", DriverOpts: { size: "1m" } },
      { Name: "xx", DriverOpts: { size: "zz" } },
    ];
    for (const { Name, DriverOpts = {} } of requests) {
      const opts = Object.entries(DriverOpts).flatMap(([name, value]) => ["--opt", `${name}=${value}`]);
      const { stderr } = await docker.run(["volume", "create", ...opts, Name]);
      const genuine = stderr.replace("Error response from daemon: ", "").trim();
      expect(() => store.create({ Name, DriverOpts })).toThrow(new RegExp(`^${RegExp.escape(genuine)}$`));
    }
  } finally {
    await docker.stop();
  }
});

test("a driver that there is not is refused at once, in the words that genuine Docker has after looking for it for fifteen seconds", () => {
  expect(() => store.create({ Name: "xx", Driver: "nope" })).toThrow(
    'create xx: error looking up volume plugin nope: plugin "nope" not found',
  );
});

function newPlaceBelow(name: string): string {
  const dir = join(place.dir, name);
  mkdirSync(dir);
  return dir;
}
