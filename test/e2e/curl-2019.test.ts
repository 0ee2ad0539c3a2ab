/** Article 004's requests, as it makes them: by curl, at a dockerd that listens on TCP, of an image that is not there yet. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { frame, STREAM_TYPES } from "@eras/docker-2019/engine-api/stdcopy.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { freePort } from "../harness/docker-2013.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { runProgram } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";

const CURL = "/usr/bin/curl";
const START_MS = 90_000;
const UPGRADE = ["-H", "Connection: Upgrade", "-H", "Upgrade: tcp"];

describe("dockerd of 2019, by curl,", () => {
  const reason = missing(DOCKER_REGISTRY, CURL, "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let dockerd: Dockerd2019;
  let registry: GenuineRegistry;
  let api: string;
  let image: string;
  beforeAll(async () => {
    const port = await freePort();
    dockerd = await Dockerd2019.start(["-H", `tcp://127.0.0.1:${port}`, "-H", `tcp://[::1]:${port}`]);
    api = `http://127.0.0.1:${port}/v1.27`;
    const registryDir = join(dockerd.place.dir, "registry");
    mkdirSync(registryDir);
    registry = await GenuineRegistry.start(registryDir);
    image = `${registry.domain}/hello`;
    await dockerd.docker(["load", "-q"], busyboxImage(`${image}:latest`));
    expect(await dockerd.docker(["push", image])).toMatchObject({ status: 0 });
    expect(await dockerd.docker(["rmi", image])).toMatchObject({ status: 0 });
  }, START_MS);
  afterAll(async () => {
    await registry.stop();
    await dockerd.stop();
  }, START_MS);

  /** @returns What curl prints: the body, then the status. */
  async function post(path: string, body?: object): Promise<[body: string, status: string]> {
    const data = body ? ["-H", "Content-Type: application/json", "-d", JSON.stringify(body)] : [];
    const { stdout } = await runProgram(CURL, ["-s", "-X", "POST", "-w", "\n%{http_code}", ...data, `${api}${path}`]);
    const end = stdout.lastIndexOf("\n");
    return [stdout.slice(0, end).trim(), stdout.slice(end + 1)];
  }

  const createHello = () => post("/containers/create", { Image: image, Cmd: ["echo", "hello"] });

  test("is there for IPv4 and for IPv6", async () => {
    for (const url of [api, api.replace("127.0.0.1", "[::1]")])
      expect(await runProgram(CURL, ["-s", `${url}/_ping`])).toMatchObject({ stdout: "OK" });
  });

  test("has no container of an image that is not there", async () => {
    const [body, status] = await createHello();
    expect([JSON.parse(body), status]).toEqual([{ message: `No such image: ${image}:latest` }, "404"]);
  });

  test("fetches the image, and tells how far it is", async () => {
    const [body, status] = await post(`/images/create?fromImage=${encodeURIComponent(image)}&tag=latest`);
    expect(status).toBe("200");
    const told = body.split("\n").map((line) => (JSON.parse(line) as { status: string }).status);
    expect(told[0]).toBe("Pulling from hello");
    expect(told).toEqual(
      expect.arrayContaining(["Pulling fs layer", "Download complete", "Extracting", "Pull complete"]),
    );
    expect(told.slice(-2)).toEqual([
      expect.stringMatching(/^Digest: sha256:[0-9a-f]{64}$/),
      `Status: Downloaded newer image for ${image}:latest`,
    ]);
  });

  test.each([
    ["as a plain request", [], "HTTP/1.1 200 OK"],
    ["with headers that ask for an upgrade", UPGRADE, "HTTP/1.1 101 UPGRADED"],
  ])("creates, attaches %s, and starts: the output comes to who is attached", async (_, flags, expected) => {
    const [created, status] = await createHello();
    expect(status).toBe("201");
    const { Id: id, Warnings } = JSON.parse(created) as { Id: string; Warnings: unknown };
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(Warnings).toEqual([]);
    const attached = new Attached(`${api}/containers/${id}`, flags);
    expect(await attached.status()).toBe(expected);
    expect(await post(`/containers/${id}/start`)).toEqual(["", "204"]);
    expect(await attached.body()).toEqual(frame(STREAM_TYPES.stdout, Buffer.from("hello\n")));
  });
});

/** A curl that attaches. Who has waited for the answer's status misses nothing of what comes later. */
class Attached {
  readonly #closed: Promise<unknown>;
  readonly #curl: ChildProcessWithoutNullStreams;
  readonly #body: Buffer[] = [];
  /** With -v curl tells of the headers as they come, there. */
  #stderr = "";

  constructor(url: string, flags: readonly string[]) {
    this.#curl = spawn(CURL, ["-s", "-N", "-v", "-X", "POST", ...flags, `${url}/attach?stderr=1&stdout=1&stream=1`]);
    this.#curl.stdout.on("data", (chunk: Buffer) => this.#body.push(chunk));
    this.#curl.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#closed = once(this.#curl, "close");
  }

  async status(): Promise<string> {
    for (;;) {
      const [, status] = /^< (HTTP.*?)\r?\n[\s\S]*^< \r?$/m.exec(this.#stderr) ?? [];
      if (status !== undefined) return status;
      await once(this.#curl.stderr, "data");
    }
  }

  /** To its end. */
  async body(): Promise<Buffer> {
    await this.#closed;
    return Buffer.concat(this.#body);
  }
}
