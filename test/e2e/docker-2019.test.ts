/** The chain of 2019 from its very top: docker, dockerd, containerd, shim and runc are all ours. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { engineRequest } from "../harness/engine-request.ts";

const DOCKER = resolve(import.meta.dirname, "../../bin/docker-2019");
const START_MS = 60_000;

describe("docker of 2019", () => {
  let dockerd: Dockerd2019;
  beforeAll(async () => {
    dockerd = await Dockerd2019.start();
    const { stdout } = await docker(["load"], busyboxImage("busybox:latest"));
    expect(stdout).toBe("Loaded image: busybox:latest\n");
  }, START_MS);
  afterAll(() => dockerd.stop(), START_MS);

  const docker = (args: readonly string[], input?: string | Buffer) => dockerd.docker(args, input, DOCKER);

  test("runs a container to its end", async () => {
    const result = await docker(["run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo err >&2; exit 7"], "through\n");
    expect(result).toEqual({ stdout: "through\n", stderr: "err\n", status: 7 });
    expect((await docker(["ps", "-aq"])).stdout).toBe("");
    expect(
      readdirSync(join(dockerd.place.dir, "exec/containerd")).filter((name) => /^[0-9a-f]{64}$/.test(name)),
    ).toEqual([]);
  });

  test("shows five programs of ours between a client and its process", async () => {
    await docker(["run", "-d", "--name", "deep", "busybox", "sleep", "1000"]);
    const pid = (await docker(["inspect", "-f", "{{.State.Pid}}", "deep"])).stdout.trim();
    const children = execFileSync("ps", ["-o", "args=", "--ppid", String(dockerd.pid)], { encoding: "utf8" });
    expect(children).toContain("docker-2019/containerd/main.ts");
    const shim = execFileSync("ps", ["-o", "ppid=", "-p", pid], { encoding: "utf8" }).trim();
    expect(execFileSync("ps", ["-o", "args=", "-p", shim], { encoding: "utf8" })).toContain("docker-2019/shim/main.ts");
    expect(await docker(["exec", "deep", "hostname"])).toMatchObject({
      stdout: expect.stringMatching(/^[0-9a-f]{12}\n$/),
    });
    expect((await docker(["rm", "-f", "deep"])).stdout).toBe("deep\n");
  });

  test("makes an image of a container, and a container of that", async () => {
    await docker(["run", "--name", "author", "busybox", "sh", "-c", "echo kept > /file"]);
    await docker(["commit", "-c", 'CMD ["cat", "/file"]', "author", "made"]);
    expect((await docker(["run", "--rm", "made"])).stdout).toBe("kept\n");
    await docker(["rm", "author"]);
    expect((await docker(["rmi", "made"])).stdout).toMatch(/^Untagged: made:latest\nDeleted: sha256:/);
  });

  test("copies files in and out", async () => {
    await docker(["run", "-d", "--name", "box", "busybox", "sleep", "1000"]);
    const tar = execFileSync("tar", ["-C", "/etc", "-c", "passwd"]);
    expect(await docker(["cp", "-", "box:/tmp"], tar)).toMatchObject({ status: 0 });
    const { stdout } = await docker(["cp", "box:/tmp/passwd", "-"]);
    expect(execFileSync("tar", ["-t"], { input: Buffer.from(stdout), encoding: "utf8" })).toBe("passwd\n");
    await docker(["rm", "-f", "box"]);
  });

  test("clears up", async () => {
    await docker(["create", "busybox"]);
    expect(await docker(["system", "prune", "-f"])).toMatchObject({ status: 0 });
    expect((await docker(["ps", "-aq"])).stdout).toBe("");
  });

  test("says what is wrong", async () => {
    await docker(["create", "--name", "box", "busybox"]);
    expect(await engineRequest(dockerd.socket, "POST", "/v1.40/containers/box/start?checkpoint=x")).toEqual({
      status: 400,
      body: { message: "checkpoint is only supported in experimental mode" },
    });
    expect(await docker(["run", "busybox", "nosuch"])).toMatchObject({ status: 127 });
    expect(await docker(["network", "create", "mine"])).toMatchObject({ status: 1 });
    expect(await docker(["rm", "nosuch"])).toEqual({
      stdout: "",
      stderr: "Error: No such container: nosuch\n",
      status: 1,
    });
  });
});
