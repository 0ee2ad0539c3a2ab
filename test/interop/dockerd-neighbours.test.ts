/** Containers that share something with others, by namespaces and by links: ours beside those of the genuine dockerd. */

import { join, resolve } from "node:path";
import type { HostConfig } from "@eras/docker-2019/engine-api/container-config.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { runDocker } from "../genuine/docker-clients.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { engineRequest } from "../harness/engine-request.ts";
import { inOwnNetwork } from "../harness/own-network.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";

type Listed = { readonly Names: readonly string[] };
type Run = (args: readonly string[], input?: Buffer) => Promise<ProgramResult>;

describe("containers and their neighbours", () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let place: Place;
  let genuine: GenuineDocker;
  let ours: Dockerd2019;
  const genuineSocket = () => join(place.dir, "docker.sock");
  const both = <T>(work: (run: Run, socket: string) => Promise<T>): Promise<[T, T]> =>
    Promise.all([
      work((args, input) => ours.docker(args, input), ours.socket),
      work(
        (args, input) => runDocker(CLI, args, { input, env: { ...shellEnvironment(), ...genuine.env } }),
        genuineSocket(),
      ),
    ]);

  beforeAll(async () => {
    place = newPlace();
    await inOwnNetwork(async () => {
      const flags = ["--bridge=", "--iptables=true", "--cgroup-parent", `/${place.cgroupParent}`];
      genuine = await GenuineDocker.start(place.dir, { flags });
      ours = await Dockerd2019.start();
    });
    await both(prepare);
  });
  afterAll(async () => {
    await genuine.run(["rm", "-f", ...NAMES]);
    await genuine.stop();
    await ours.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  async function prepare(run: Run, socket: string): Promise<void> {
    const started = async (...args: string[]) => expect(await run(args)).toMatchObject({ stderr: "", status: 0 });
    expect(await run(["load", "-q"], busyboxImage("busybox:latest"))).toMatchObject({ status: 0 });
    const ports = ["80", "81", "443/udp", "8000-8002"].flatMap((port) => ["--expose", port]);
    const env = ["-e", "LANG=C", "-e", "HOME=/y", "-e", "PATH=/bin:/x"];
    await started("run", "-d", "--name", "web", "-h", "host-of-web", ...ports, ...env, "busybox", "sleep", "1000");
    await started(
      "run",
      "-d",
      "--name",
      "shared",
      "--ipc",
      "shareable",
      "--shm-size",
      "4m",
      "busybox",
      "sleep",
      "1000",
    );
    await started("run", "-d", "--name", "hosts", "--network", "host", "busybox", "sleep", "1000");
    await started("run", "-d", "--name", "lonely", "--network", "none", "busybox", "sleep", "1000");
    await started("create", "--name", "stopped", "busybox", "true");
    const list = (await engineRequest(socket, "GET", "/v1.40/containers/json?all=1")).body as {
      Id: string;
      Names: string[];
    }[];
    ids.set(
      socket,
      NAMES.map((name) => list.find(({ Names }) => Names.includes(`/${name}`))!.Id),
    );
  }

  const ids = new Map<string, string[]>();

  /** Of the containers, in the order of their names. */
  const idsAt = (socket: string) => ids.get(socket)!;

  /** Without what is different on every machine. */
  async function comparable(socket: string, text: string): Promise<string> {
    const inspected = await Promise.all(
      idsAt(socket).map((id) => engineRequest(socket, "GET", `/v1.40/containers/${id}/json`)),
    );
    return inspected.reduce((rest, { body }, index) => {
      const { Id, NetworkSettings } = body;
      const named = rest.replaceAll(Id, `ID of ${NAMES[index]}`).replaceAll(Id.slice(0, 12), `id of ${NAMES[index]}`);
      const address = NetworkSettings.IPAddress;
      return address === ""
        ? named
        : named.replaceAll(new RegExp(`\\b${address}\\b`, "g"), `address of ${NAMES[index]}`);
    }, text);
  }

  async function same(...args: string[]): Promise<string> {
    const [own, theirs] = await both(async (run, socket) => {
      const { stdout, stderr, status } = await run(args);
      return comparable(socket, `${stdout}${stderr}${status}`);
    });
    expect(own).toBe(theirs);
    return own;
  }

  const run = (flags: readonly string[], script: string) =>
    same("run", "--rm", "--name", "app", ...flags, "busybox", "sh", "-c", script);
  const NO_ID = "sed 's/[0-9a-f]\\{12\\}$/HOSTNAME/; s/=[0-9a-f]\\{12\\}$/=HOSTNAME/; s/^[0-9.]*\\tHOSTNAME/own/'";

  test("--ipc container:NAME shares queues, and files in /dev/shm", async () => {
    await same("exec", "shared", "sh", "-c", "echo hello > /dev/shm/file");
    expect(await run(["--ipc", "container:shared"], "cat /dev/shm/file; df -k /dev/shm | tail -1")).toContain(
      "hello\n",
    );
    const [own, theirs] = await both(async (docker) => {
      const link = async (...args: string[]) => (await docker([...args, "readlink", "/proc/self/ns/ipc"])).stdout;
      return (await link("exec", "shared")) === (await link("run", "--rm", "--ipc", "container:shared", "busybox"));
    });
    expect([own, theirs]).toEqual([true, true]);
  });

  test("shared memory is gone with its container, and new with its next start", async () => {
    const once = ["busybox", "sh", "-c", "ls /dev/shm; echo x > /dev/shm/x"];
    await both((docker) => docker(["create", "--name", "app", "--ipc", "shareable", ...once]));
    expect(await same("start", "-a", "app")).toBe("0");
    expect(await same("start", "-a", "app")).toBe("0");
    await same("rm", "app");
  });

  test("--pid container:NAME sees the other's processes", async () => {
    expect(await run(["--pid", "container:web"], "ps -o args | grep -c '^sleep 1000'")).toBe("1\n0");
  });

  test("--uts host has the host's name", async () => {
    expect(await run(["--uts", "host"], "hostname")).toMatch(/\S+\n0$/);
  });

  const REFUSED: readonly HostConfig[] = [
    ...["web", "stopped", "nosuch"].map((name) => ({ IpcMode: `container:${name}` })),
    ...["stopped", "nosuch"].map((name) => ({ PidMode: `container:${name}` })),
    ...["stopped", "nosuch"].map((name) => ({ NetworkMode: `container:${name}` })),
    { IpcMode: "container:shared", PidMode: "container:nosuch" },
    { VolumesFrom: ["nosuch"] },
    { IpcMode: "foo" },
    { NetworkMode: "container:app" },
    { NetworkMode: "foo" },
    ...["nosuch:x", "", ":", "a:b:c", "hosts:x", "lonely:x", "stopped:x"].map((link) => ({ Links: [link] })),
  ];
  test.each(REFUSED.map((hostConfig) => [JSON.stringify(hostConfig), hostConfig] as const))(
    "is refused in the same words: %s",
    async (_, HostConfig) => {
      const [own, theirs] = await both(async (_, socket) => {
        const request = { Image: "busybox", Cmd: ["true"], HostConfig };
        const created = await engineRequest(socket, "POST", "/v1.40/containers/create?name=app", request);
        if (created.status !== 201) return { created };
        const started = await engineRequest(socket, "POST", "/v1.40/containers/app/start");
        const told = JSON.parse(await comparable(socket, JSON.stringify(started)));
        await engineRequest(socket, "DELETE", "/v1.40/containers/app?force=1");
        return { started: told };
      });
      expect(own).toEqual(theirs);
    },
  );

  test("a list calls an image by its id when its name means another one by now", async () => {
    await both(async (docker) => {
      await docker(["tag", "busybox", "moved"]);
      await docker(["create", "--name", "app", "moved"]);
      await docker(["commit", "app", "moved"]);
    });
    for (const words of [
      ["ps", "-a"],
      ["ps", "-f", "since=web"],
      ["ps", "-f", "before=lonely"],
    ])
      await same(...words, "--no-trunc", "--format", "{{.Names}} {{.Image}}");
    await same("rm", "app");
    await both((docker) => docker(["rmi", "-f", "moved"]));
  });

  test("a list is told which ports, networks, images and names to look for", async () => {
    await both((docker) =>
      docker(["run", "-d", "--name", "open", "-p", "127.0.0.1::80", "-p", "[::1]::53/udp", "busybox", "sleep", "1000"]),
    );
    const ports = ["80", "80/tcp", "1-65535", "1-65535/udp", "0", "0/udp", "x", "", "70000", "9-8", "1:2"];
    const filters = [
      ...ports.flatMap((port) => [`publish=${port}`, `expose=${port}`]),
      ...["bridge", "host", "none", "nosuch"].map((name) => `network=${name}`),
      ...["^/web$", "^we", "[", "o.e"].map((name) => `name=${name}`),
      ...["busybox", "busybox:latest", "nosuch"].map((image) => `ancestor=${image}`),
      ...["isolation=default", "volume=x"],
    ];
    for (const filter of filters) await same("ps", "-a", "--format", "{{.Names}}", "--filter", filter);
    const image = (await genuine.run(["images", "-q", "busybox"])).stdout.trim();
    await same("ps", "-a", "--format", "{{.Names}}", "--filter", `ancestor=${image}`);
    const told = await ours.docker(["port", "open"]);
    expect(told.stdout).toContain(" -> ::1:"); // of IPv6, too, without brackets
    expect(await ours.docker(["port", "open"], undefined, OUR_CLI)).toEqual(told);
    await same("rm", "-f", "open");
  });

  describe("a link", () => {
    test("is told in the environment and in /etc/hosts", async () => {
      const told = await run(
        ["--link", "web:db-x", "--link", "shared"],
        `env | ${NO_ID} | sort; ${NO_ID} /etc/hosts | sort`,
      );
      expect(told).toContain("DB_X_PORT_8000_TCP_START=tcp://address of web:8000\n");
      expect(told).toContain("DB_X_ENV_LANG=C\n");
      expect(told).toContain("address of web\tdb-x host-of-web web\n");
      expect(told).toContain("address of shared\tshared HOSTNAME\n");
    });

    test("is kept of two with one alias, if it is the first", async () => {
      await run(["--link", "web:db", "--link", "shared:/db"], `env | ${NO_ID} | sort; ${NO_ID} /etc/hosts`);
    });

    test("lasts: over a rename, a new address, and until it is removed", async () => {
      await started("--name", "app", "--link", "web:db", "--link", "web:two", "busybox", "sleep", "1000");
      expect(await sameLinks("app")).toEqual(["/web:/app/db", "/web:/app/two"]);
      await same("rename", "web", "www");
      await same("rename", "app", "main");
      await sameLinks("main");
      expect(await same("exec", "main", "sh", "-c", "env | grep _NAME")).toBe(
        "DB_NAME=/main/db\nTWO_NAME=/main/two\n0",
      );
      await sameSorted(
        "/v1.40/containers/json",
        (list) => list.find(({ Names }: Listed) => Names.includes("/www")).Names,
      );
      await both(takeItsAddress);
      expect(await same("exec", "main", "grep", "-c", "host-of-web", "/etc/hosts")).toBe("2\n0");
      // the genuine dockerd forgets to tell of the new address what it knew by another name
      expect(await ours.docker(["exec", "main", "ping", "-c1", "-W5", "db"])).toMatchObject({ status: 0 });
      expect(await same("inspect", "-f", "{{.Name}} {{.State.Status}}", "main/db")).toBe("/www running\n0");
      await same("exec", "/main/db", "hostname");
      await same("logs", "main/nosuch");
      await same("rm", "--link", "/main/two");
      await same("rm", "--link", "/main/nosuch");
      await same("rm", "--link", "/main");
      await sameLinks("main");
      await same("rename", "www", "web");
      await same("rm", "-f", "main");
    });

    const sameLinks = (name: string) =>
      sameSorted(`/v1.40/containers/${name}/json`, ({ HostConfig }) => HostConfig.Links);

    /** The genuine dockerd tells them in no order. */
    // biome-ignore lint/suspicious/noExplicitAny: as the engine says it
    async function sameSorted(path: string, listIn: (body: any) => string[] | null): Promise<string[] | undefined> {
      const [own, theirs] = await both(async (_, socket) =>
        listIn((await engineRequest(socket, "GET", path)).body)?.toSorted(),
      );
      expect(own).toEqual(theirs);
      return own;
    }

    async function started(...args: string[]): Promise<void> {
      for (const { stderr, status } of await both((docker) => docker(["run", "-d", ...args])))
        expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    }

    /** Somebody else gets the address that it had. */
    async function takeItsAddress(docker: Run): Promise<void> {
      await docker(["stop", "-t", "0", "www"]);
      await docker(["run", "-d", "--name", "thief", "busybox", "sleep", "1000"]);
      expect(await docker(["start", "www"])).toMatchObject({ status: 0 });
      await docker(["rm", "-f", "thief"]);
    }
  });

  test.each(["", "/", "a", "/x y", "shared", "web"])("a rename to %j is answered in the same way", async (name) => {
    const path = `/v1.40/containers/web/rename?name=${encodeURIComponent(name)}`;
    const [own, theirs] = await both(async (_, socket) => {
      const answer = await engineRequest(socket, "POST", path);
      return JSON.parse(await comparable(socket, JSON.stringify(answer)));
    });
    expect(own).toEqual(theirs);
    expect(own.status).toBeGreaterThanOrEqual(400);
  });

  test.each(["/", "//a", "b@d", "a".repeat(300)])(
    "a container called %j is made, or not, in the same way",
    async (name) => {
      const [own, theirs] = await both(async (_, socket) => {
        const path = `/v1.40/containers/create?name=${encodeURIComponent(name)}`;
        const { status, body } = await engineRequest(socket, "POST", path, { Image: "busybox" });
        if (status === 201) await engineRequest(socket, "DELETE", `/v1.40/containers/${body.Id}`);
        return { status, message: body.message };
      });
      expect(own).toEqual(theirs);
    },
  );
});

const CLI = "/usr/bin/docker";
const OUR_CLI = resolve(import.meta.dirname, "../../bin/docker-2019");
const NAMES = ["web", "shared", "hosts", "lonely", "stopped"];
