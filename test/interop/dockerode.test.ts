/** dockerode, the library that programs of Node use for Docker, at our dockerd; and at a genuine one, which must pass the same. */
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import { busyboxImage, tarOf } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { MAKERS, type Maker } from "./chain-programs.ts";
import { DockerSession } from "./docker-session.ts";

const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker", DOCKER_REGISTRY);
const UNIX = "unix://";

describe.skipIf(reason).each(MAKERS)("dockerode, at a dockerd of %s,", (maker: Maker) => {
  let place: Place;
  let registry: GenuineRegistry;
  let daemon: Dockerd2019 | DockerSession;
  let docker: Docker;
  beforeAll(async () => {
    place = newPlace();
    registry = await GenuineRegistry.start(place.dir);
    daemon = maker === "ours" ? await Dockerd2019.start() : await DockerSession.start();
    docker = new Docker({ socketPath: daemon.env.DOCKER_HOST!.slice(UNIX.length) });
    await loadBusybox();
  });
  afterAll(async () => {
    await daemon.stop();
    await registry.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  async function loadBusybox(): Promise<void> {
    const progress = await docker.loadImage(Readable.from([busyboxImage("busybox:latest")]));
    expect(await text(progress)).toContain("Loaded image: busybox:latest");
  }

  const create = (options: Docker.ContainerCreateOptions): Promise<Docker.Container> =>
    docker.createContainer({
      Image: "busybox",
      ...options,
      HostConfig: { NetworkMode: "none", ...options.HostConfig },
    });
  const script = (words: string): Docker.ContainerCreateOptions => ({ Cmd: ["sh", "-c", words] });

  /** A container that sleeps, until the work is done. */
  async function beside<Result>(work: (container: Docker.Container) => Promise<Result>): Promise<Result> {
    const container = await create({ Cmd: ["sleep", "1000"] });
    await container.start();
    try {
      return await work(container);
    } finally {
      await container.remove({ force: true });
    }
  }

  /** Both outputs of a connection that carries frames. */
  async function demuxed(stream: NodeJS.ReadableStream): Promise<{ stdout: string; stderr: string }> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    docker.modem.demuxStream(stream, stdout, stderr);
    stream.on("end", () => [stdout, stderr].map((output) => output.end()));
    return { stdout: await text(stdout), stderr: await text(stderr) };
  }

  const progressOf = (stream: NodeJS.ReadableStream): Promise<Array<{ status?: string }>> =>
    new Promise((resolve, reject) =>
      docker.modem.followProgress(stream, (error, lines) => (error ? reject(error) : resolve(lines))),
    );

  test("asks what there is: ping, version, info, df", async () => {
    expect(String(await docker.ping())).toBe("OK");
    expect(await docker.version()).toMatchObject({ Os: "linux", ApiVersion: expect.stringMatching(/^1\.4\d$/) });
    expect(await docker.info()).toMatchObject({ Driver: "overlay2", Images: 1, OSType: "linux" });
    expect(await docker.df()).toMatchObject({ Images: [{ RepoTags: ["busybox:latest"] }], Containers: [] });
  });

  test("runs a container, by one call", async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const [read, readErr] = [text(stdout), text(stderr)];
    const options = { Tty: false, HostConfig: { NetworkMode: "none", AutoRemove: true } };
    const command = ["sh", "-c", "echo out; echo err >&2; exit 7"];
    const [{ StatusCode }] = await docker.run("busybox", command, [stdout, stderr], options);
    for (const output of [stdout, stderr]) output.end();
    expect([StatusCode, await read, await readErr]).toEqual([7, "out\n", "err\n"]);
  });

  test("attaches before the start: feeds input, and tells the outputs apart", async () => {
    const container = await create({ ...script("cat; echo err >&2; exit 3"), OpenStdin: true, StdinOnce: true });
    const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
    const output = demuxed(stream);
    await container.start();
    stream.end("typed\n");
    expect(await output).toEqual({ stdout: "typed\n", stderr: "err\n" });
    expect(await container.wait()).toMatchObject({ StatusCode: 3 });
    expect((await container.inspect()).State).toMatchObject({ Status: "exited", ExitCode: 3 });
    await container.remove();
  });

  test("has a terminal, and resizes it", async () => {
    const container = await create({ Cmd: ["sh"], Tty: true, OpenStdin: true });
    const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true });
    let shown = "";
    stream.on("data", (chunk: Buffer) => (shown += chunk));
    await container.start();
    await container.resize({ h: 33, w: 101 });
    stream.write("stty size; exit 4\n");
    await once(stream, "end");
    expect(shown).toContain("33 101");
    expect(await container.wait()).toMatchObject({ StatusCode: 4 });
    await container.remove();
  });

  test("execs: streams, input, exit code", async () => {
    await beside(async (container) => {
      const Cmd = ["sh", "-c", "cat; echo $A >&2; exit 5"];
      const exec = await container.exec({
        Cmd,
        Env: ["A=b"],
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
      });
      const stream = await exec.start({ hijack: true, stdin: true });
      const output = demuxed(stream);
      stream.end("typed\n");
      expect(await output).toEqual({ stdout: "typed\n", stderr: "b\n" });
      expect(await exec.inspect()).toMatchObject({ Running: false, ExitCode: 5 });
    });
  });

  test("reads logs, whole and as they come", async () => {
    const container = await create(script("echo one; echo two >&2; usleep 100000; echo three"));
    await container.start();
    const following = await container.logs({ follow: true, stdout: true, stderr: true });
    expect(await demuxed(following)).toEqual({ stdout: "one\nthree\n", stderr: "two\n" });
    const last = await container.logs({ follow: false, stdout: true, timestamps: true, tail: 1 });
    expect(last.toString()).toMatch(/\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/);
    await container.remove();
  });

  test("lists, pauses, renames, updates, tells processes and statistics, stops", async () => {
    await beside(async (container) => {
      await container.rename({ name: "renamed" });
      const filters = { name: ["renamed"] };
      expect(await docker.listContainers({ filters })).toMatchObject([{ Id: container.id, State: "running" }]);
      await container.pause();
      expect((await container.inspect()).State.Paused).toBe(true);
      await container.unpause();
      await container.update({ Memory: 64 << 20, MemorySwap: 64 << 20 });
      expect((await container.top()).Processes).toHaveLength(1);
      expect(await container.stats({ stream: false })).toMatchObject({ memory_stats: { limit: 64 << 20 } });
      await container.stop({ t: 0 });
      expect(await docker.listContainers({ filters })).toEqual([]);
      expect(await docker.listContainers({ all: true, filters })).toHaveLength(1);
    });
  });

  test("streams statistics until it goes", async () => {
    await beside(async (container) => {
      const stream = (await container.stats({ stream: true })) as Readable;
      const [chunk] = await once(stream, "data");
      expect(JSON.parse(String(chunk))).toMatchObject({ name: expect.any(String), pids_stats: { current: 1 } });
      stream.destroy();
    });
  });

  test("puts files into a container, and gets them", async () => {
    const container = await create({ Cmd: ["cat", "/tmp/file"] });
    await container.putArchive(tarOf({ file: "content\n" }), { path: "/tmp" });
    const archive = await buffer(await container.getArchive({ path: "/tmp/file" }));
    expect(archive.toString()).toContain("content\n");
    const { headers } = (await container.infoArchive({ path: "/tmp/file" })) as unknown as {
      headers: Record<string, string>;
    };
    const stat = JSON.parse(Buffer.from(headers["x-docker-container-path-stat"]!, "base64").toString());
    expect(stat).toMatchObject({ name: "file", size: 8 });
    expect((await buffer(await container.export())).includes("content\n")).toBe(true);
    await container.start();
    expect((await container.wait()).StatusCode).toBe(0);
    await container.remove();
  });

  test("hears events", async () => {
    const stream = (await docker.getEvents({ filters: { type: ["container"] } })) as Readable;
    const actions: string[] = [];
    stream.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString().trim().split("\n")) actions.push(JSON.parse(line).Action);
    });
    const container = await create({ Cmd: ["true"] });
    await container.start();
    await container.wait();
    await container.remove();
    while (!actions.includes("destroy")) await once(stream, "data");
    stream.destroy();
    expect(actions).toEqual(["create", "start", "die", "destroy"]);
  });

  test("tags, pushes, pulls, lists, looks into and removes images", async () => {
    const [repo, tag] = [`${registry.domain}/bb`, "1"];
    await docker.getImage("busybox").tag({ repo, tag });
    const image = docker.getImage(`${repo}:${tag}`);
    const pushed = await progressOf(await image.push({ authconfig: { username: "", password: "" } }));
    expect(pushed).toContainEqual(expect.objectContaining({ status: expect.stringMatching(/^1: digest: sha256:/) }));
    await image.remove();
    const pulled = await progressOf(await docker.pull(`${repo}:${tag}`));
    expect(pulled.at(-1)?.status).toBe(`Status: Downloaded newer image for ${repo}:${tag}`);
    const [summary] = await docker.listImages({ filters: { reference: [`${repo}:*`] } });
    expect(summary?.RepoTags).toContain(`${repo}:${tag}`);
    expect(await image.inspect()).toMatchObject({ Os: "linux", Config: { Cmd: ["sh"] } });
    expect((await buffer(await image.get())).includes("manifest.json")).toBe(true);
    await image.remove();
    await expect(docker.pull(`${repo}:nosuch`)).rejects.toMatchObject({ statusCode: 404 });
  });

  test("makes an image of a container", async () => {
    const container = await create(script("echo kept > /file"));
    await container.start();
    await container.wait();
    expect(await container.changes()).toEqual([{ Kind: 1, Path: "/file" }]);
    const { Id } = await container.commit({ repo: "made", tag: "1", comment: "with a file" });
    expect(await docker.getImage("made:1").inspect()).toMatchObject({ Id, Comment: "with a file" });
    expect(await docker.getImage("made:1").history()).toMatchObject([{ Id, Comment: "with a file" }]);
    await container.remove();
    await docker.getImage("made:1").remove();
  });

  test("makes, lists and removes volumes, and lists networks", async () => {
    await docker.createVolume({ Name: "kept", Labels: { a: "b" } });
    expect(await docker.getVolume("kept").inspect()).toMatchObject({
      Name: "kept",
      Driver: "local",
      Labels: { a: "b" },
    });
    const container = await create({ ...script("echo x > /data/x"), HostConfig: { Binds: ["kept:/data"] } });
    await container.start();
    await container.wait();
    await expect(docker.getVolume("kept").remove()).rejects.toMatchObject({ statusCode: 409 });
    await container.remove();
    expect((await docker.listVolumes({ filters: { label: ["a=b"] } })).Volumes.map(({ Name }) => Name)).toEqual([
      "kept",
    ]);
    await docker.getVolume("kept").remove();
    expect((await docker.listNetworks()).map(({ Name }) => Name)).toEqual(expect.arrayContaining(["host", "none"]));
  });

  test("is told what is wrong by status and message", async () => {
    const gone = docker.getContainer("nosuch");
    await expect(gone.start()).rejects.toMatchObject({
      statusCode: 404,
      json: { message: "No such container: nosuch" },
    });
    await expect(create({ Image: "nosuch" })).rejects.toMatchObject({ statusCode: 404, reason: "no such container" });
    await beside(async (container) => {
      await expect(container.start()).rejects.toMatchObject({ statusCode: 304 });
      await expect(container.remove()).rejects.toMatchObject({ statusCode: 409 });
    });
  });

  test("prunes what nobody uses", async () => {
    const { id } = await create({});
    expect((await docker.pruneContainers()).ContainersDeleted).toContain(id);
    expect((await docker.pruneImages()).SpaceReclaimed).toBe(0);
    expect((await docker.pruneVolumes()).VolumesDeleted ?? []).toEqual([]);
  });
});
