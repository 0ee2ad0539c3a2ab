/** dockerd's images on the disk: the same as genuine dockerd's, who can go on with ours, as we can with his. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changeConfig } from "@eras/docker-2019/dockerd/image/config-changes.ts";
import { imagesDiskUsage } from "@eras/docker-2019/dockerd/image/disk-usage.ts";
import { goContainerConfig } from "@eras/docker-2019/dockerd/image/docker-image.ts";
import { findImage, type Images } from "@eras/docker-2019/dockerd/image/images.ts";
import { imageHistory, inspectImage, tagImage } from "@eras/docker-2019/dockerd/image/inspect.ts";
import { listImages } from "@eras/docker-2019/dockerd/image/list.ts";
import { loadImages } from "@eras/docker-2019/dockerd/image/load.ts";
import { removeImage } from "@eras/docker-2019/dockerd/image/remove.ts";
import { saveImages } from "@eras/docker-2019/dockerd/image/save.ts";
import type { ImageInspect } from "@eras/docker-2019/engine-api/image.ts";
import type { DiskUsage, Info } from "@eras/docker-2019/engine-api/system.ts";
import { collect } from "@eras/layers/archive-fixtures.ts";
import { sha256 } from "@eras/oci-spec/digest.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { filesOf, genuineApi, once, openOurs, treesOf } from "./dockerd-stores.ts";

const NAMES = ["busybox:latest", "two:v1"];
/** What the second image changes: it deletes, replaces a directory, changes a mode, adds links and holes. */
const CHANGES = [
  "echo hi > /hi && ln /hi /hi2 && ln -s /nowhere '/a <link>'",
  "rm /bin/ash && rm -r /tmp && mkdir -p /tmp/new",
  "chmod 700 /bin && dd if=/dev/zero of=/sparse bs=1 count=1 seek=1000000 2>/dev/null && mkfifo /fifo && touch '/caf\u00e9'",
].join(" && ");

let place: Place;
let genuine: GenuineDocker;
let genuineRoot: string;
let archive: Buffer;

beforeAll(async () => {
  place = newPlace();
  const dir = join(place.dir, "genuine");
  mkdirSync(dir);
  genuine = await GenuineDocker.start(dir, { flags: ["--cgroup-parent", `/${place.cgroupParent}`] });
  genuineRoot = join(dir, "data");
  genuine.docker(["load"], busyboxImage("busybox:latest"));
  genuine.docker(["run", "--name", "maker", "busybox", "sh", "-c", CHANGES]);
  genuine.docker([
    "commit",
    "-m",
    "a message",
    "-a",
    "somebody",
    "-c",
    "ENV A=<b>",
    "-c",
    "LABEL l=1",
    "maker",
    "two:v1",
  ]);
  archive = saved(NAMES);
  // From here on the genuine store, too, holds what came out of the archive, and not what was committed.
  genuine.docker(["rm", "maker"]);
  genuine.docker(["rmi", "-f", ...NAMES]);
  genuine.docker(["load"], archive);
});

afterAll(async () => {
  await genuine.stop();
  await removePlace(place);
});

function saved(names: readonly string[]): Buffer {
  return execFileSync("docker", ["save", ...names], { env: { ...process.env, ...genuine.env }, maxBuffer: 1 << 28 });
}

/** Our store, with what the archive has. */
async function loadedOurs(name: string): Promise<{ images: Images; dataRoot: string }> {
  const dataRoot = join(place.dir, name, "data");
  mkdirSync(dataRoot, { recursive: true });
  const images = await openOurs(dataRoot);
  await loadImages(images, once(archive), () => {});
  return { images, dataRoot };
}

describe("dockerd's images and genuine dockerd's", () => {
  test("`docker load` of an archive writes the same stores", async () => {
    const { dataRoot } = await loadedOurs("load");
    expect(filesOf(dataRoot)).toEqual(filesOf(genuineRoot));
    expect(treesOf(dataRoot)).toEqual(treesOf(genuineRoot));
  });

  test("`docker save` of ours has the files of the genuine one's, byte by byte", async () => {
    const { images } = await loadedOurs("save");
    for (const names of [["two:v1"], ["busybox"], NAMES]) {
      const tars = [await collect(await saveImages(images, names)), saved(names)] as const;
      const [ours, theirs] = tars.map(contentsOf) as [object, object];
      expect(Object.keys(ours)).toEqual(Object.keys(theirs));
      if (names.length === 1) expect(ours).toEqual(theirs); // of two, it chooses by chance which comes first
      expect(manifestOf(tars[0])).toEqual(manifestOf(tars[1]));
    }
  });

  test("`docker load` of an archive from before 1.10 makes the same images, of the same history", async () => {
    const legacy = legacyArchive(join(place.dir, "legacy"));
    genuine.docker(["load"], legacy);
    const { images } = await loadedOurs("legacy-ours");
    await loadImages(images, once(legacy), () => {});
    const [inspected] = (await genuineApi(genuine, "/images/old:1/json")) as [ImageInspect];
    const [history] = (await genuineApi(genuine, "/images/old:1/history")) as [object];
    genuine.docker(["rmi", "old:1"]);
    expect(await inspectImage(images, "old:1")).toMatchObject({ Id: inspected.Id, Parent: inspected.Parent });
    expect(await imageHistory(images, "old:1")).toEqual(history);
  });

  test("list, inspect and history answer as the genuine API does, on its own store", async () => {
    const [list] = await genuineApi(genuine, "/images/json");
    const [history] = await genuineApi(genuine, "/images/two:v1/history");
    const images = await openOurs(genuineRoot);
    expect([listImages(images, {}), imageHistory(images, "two:v1")]).toEqual([list, history]);
    for (const name of NAMES) {
      const [inspected] = await genuineApi(genuine, `/images/${name}/json`);
      expect(JSON.stringify(inspectImage(images, name))).toBe(JSON.stringify(inspected));
    }
  });

  test("`docker rmi` and `tag` answer as the genuine API does", async () => {
    const { images } = await loadedOurs("removing");
    genuine.docker(["load"], archive);
    const two = findImage(images, "two:v1").slice("sha256:".length);
    const users = () => [];
    const steps: [name: string, isForced: boolean][] = [
      ["nothing", false],
      ["UPPER", false],
      [findImage(images, "busybox"), true],
      [two, false],
      ["busybox", false],
      ["other:b", false],
      [two.slice(0, 12), false],
      [two.slice(0, 12), true],
      ["two:v1", false],
    ];
    for (const tag of ["a", "b"]) {
      tagImage(images, "two:v1", "other", tag);
      genuine.docker(["tag", "two:v1", `other:${tag}`]);
    }
    for (const [name, isForced] of steps) {
      const ours = await removeImage(images, name, { users, isForced }).catch(({ message }: Error) => ({ message }));
      const [theirs] = await genuineApi(genuine, `/images/${name}?force=${isForced ? 1 : 0}`, "DELETE");
      expect([name, ours]).toEqual([name, theirs]);
    }
    genuine.docker(["load"], archive);
  });

  test.for([
    'CMD ["a", "b c"]',
    "CMD a  'b c'",
    "entrypoint a",
    'ENV A=b C="d e" F=\\ g',
    "ENV A b c",
    "ENV A=1\nENV B=$A:/x C='$A' D=\"$A\" E=\\$A",
    "EXPOSE 80 53/UDP",
    'LABEL a=b "c d"="e=f"',
    "ONBUILD RUN x",
    "USER 1:2",
    "VOLUME /a /b",
    'VOLUME ["/a b"]',
    "WORKDIR /a\nWORKDIR b",
    "HEALTHCHECK NONE",
    "HEALTHCHECK --interval=5m --retries=3 CMD a b",
    "RUN x",
    "ENV A",
    "ENV A=b C",
    "LABEL a",
    "USER",
    "CMD",
    "ENTRYPOINT",
    "ENV",
    "ONBUILD",
    "HEALTHCHECK",
    "HEALTHCHECK x",
    "HEALTHCHECK CMD",
    'HEALTHCHECK --timeout=1s --start-period=1m CMD ["a"]',
    "label x y z",
    "WORKDIR a b",
    "USER a b",
    "EXPOSE http",
    "WORKDIR",
  ])("`docker import -c %j` changes the config as the genuine one does, or fails in its words", async (change) => {
    const { status, stdout, stderr } = await genuine.run(["import", "-c", change, "-"], Buffer.alloc(1024));
    if (status !== 0) {
      const message = stderr.trim().replace("Error response from daemon: ", "");
      return expect(() => changeConfig({}, [change])).toThrow(message);
    }
    const [inspected] = (await genuineApi(genuine, `/images/${stdout.trim()}/json`)) as [ImageInspect];
    genuine.docker(["rmi", stdout.trim()]);
    expect(goContainerConfig(changeConfig({}, [change]))).toEqual(inspected.Config);
  });

  test("the driver's part of `docker info` is the genuine API's", async () => {
    const [{ Driver, DriverStatus }] = (await genuineApi(genuine, "/info")) as [Info];
    const { driver } = (await openOurs(genuineRoot)).layers;
    expect([driver.name, driver.status()]).toEqual([Driver, DriverStatus]);
  });

  test("the images' part of `docker system df` is the genuine API's", async () => {
    const [{ LayersSize, Images }] = (await genuineApi(genuine, "/system/df")) as [DiskUsage];
    expect(imagesDiskUsage(await openOurs(genuineRoot), [])).toEqual({ LayersSize, Images });
  });

  test("a genuine dockerd on our data root lists, runs and saves what we loaded", async () => {
    await loadedOurs("handed-over");
    const dir = join(place.dir, "handed-over");
    const other = await GenuineDocker.start(dir, { flags: ["--cgroup-parent", `/${place.cgroupParent}`] });
    try {
      const list = ["images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}"];
      expect(other.docker(list)).toBe(genuine.docker(list));
      const look = "cat /hi; ls -d /bin/ash 2>&1; stat -c %a /bin; ls -A /tmp; echo $A";
      const run = other.docker(["run", "--rm", "--network=none", "two:v1", "sh", "-c", look]);
      expect(run.split("\n")).toEqual(["hi", "ls: /bin/ash: No such file or directory", "700", "new", "<b>"]);
      const save = { env: { ...process.env, ...other.env }, maxBuffer: 1 << 28 };
      expect(contentsOf(execFileSync("docker", ["save", "two:v1"], save))).toEqual(contentsOf(saved(["two:v1"])));
      other.docker(["rmi", ...NAMES]);
      expect(readdirSync(join(dir, "data/image/overlay2/layerdb/sha256"))).toEqual([]);
      expect(existsSync(join(dir, "data/overlay2"))).toBe(true);
    } finally {
      await other.stop();
    }
  });
});

/** Files of an archive by name: type, mode, owner, size, time, and what is in them. */
function contentsOf(tar: Buffer): Record<string, string> {
  const list = execFileSync("tar", ["-tv", "--full-time", "--utc", "--numeric-owner"], {
    input: tar,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const contents: Record<string, string> = {};
  for (const line of list.trim().split("\n")) {
    const [, facts, name, target = ""] = /^(\S+ \S+ +\d+ \S+ \S+) +(.*?)(?: -> (.*))?$/.exec(line)!;
    const bytes = execFileSync("tar", ["-xO", "--no-recursion", name!], { input: tar, maxBuffer: 1 << 26 });
    contents[name!] = `${facts} ${target}${sha256(bytes)}`;
  }
  return contents;
}

/** An archive's images, in the order of their IDs. */
function manifestOf(tar: Buffer): object[] {
  const manifest = execFileSync("tar", ["-xO", "manifest.json"], { input: tar, encoding: "utf8", maxBuffer: 1 << 26 });
  const images = JSON.parse(manifest) as { readonly Config: string }[];
  return images.sort((a, b) => a.Config.localeCompare(b.Config));
}

/** Two images of before 1.10, one on the other: of different Dockers, one with a layer that has no end, one with none. */
function legacyArchive(dir: string): Buffer {
  const [base, top] = ["a".repeat(64), "b".repeat(64)];
  const images = {
    [base]: { id: base, created: "2013-06-13T14:03:50.821769-07:00", docker_version: "0.4.0", architecture: "x86_64" },
    [top]: {
      ...{
        id: top,
        parent: base,
        created: "2015-03-04T21:38:56Z",
        docker_version: "1.9.1",
        author: "A <a@b>",
        os: "linux",
      },
      ...{
        container_config: { Cmd: ["/bin/sh", "-c", "#(nop) CMD"] },
        config: { Cmd: ["sh"] },
        Size: 7,
        layer_id: "x",
      },
    },
  };
  const file = execFileSync("tar", ["-c", "--transform", "s,.*,old/file,", "/etc/hostname"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const layers = { [base]: file.subarray(0, 1024), [top]: Buffer.alloc(0) };
  for (const [id, image] of Object.entries(images)) {
    mkdirSync(join(dir, id), { recursive: true });
    writeFileSync(join(dir, id, "json"), JSON.stringify(image));
    writeFileSync(join(dir, id, "VERSION"), "1.0");
    writeFileSync(join(dir, id, "layer.tar"), layers[id]!);
  }
  writeFileSync(join(dir, "repositories"), JSON.stringify({ old: { 1: top } }));
  return execFileSync("tar", ["-C", dir, "-c", "."]);
}
