/** dockerd on TCP: who has a certificate is served, by the genuine client and by ours; who has none, or a stranger's, is not. */
import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultHost, listenPlace } from "@eras/docker-2019/dockerd/api/listen.ts";
import { serverTls } from "@eras/docker-2019/dockerd/api/tls.ts";
import { DEFAULT_HOST } from "@eras/docker-2019/engine-api/default-host.ts";
import { readGroups } from "@eras/docker-2019/users-and-groups.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { makeCertificates } from "../harness/certificates.ts";
import { freePort } from "../harness/docker-2013.ts";
import { DOCKERD, Dockerd2019 } from "../harness/dockerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";

const CLIENTS = { genuine: "/usr/bin/docker", ours: resolve(import.meta.dirname, "../../bin/docker-2019") };

describe("dockerd on TCP", () => {
  const reason = missing("/usr/bin/docker", "/usr/bin/openssl");
  if (reason) return void test.skip(reason);

  let place: Place;
  let dockerd: Dockerd2019;
  let host: string;
  beforeAll(async () => {
    place = newPlace();
    makeCertificates(place.dir);
    makeStranger();
    host = `tcp://127.0.0.1:${await freePort()}`;
    const files = ["--tlscacert", file("ca.pem"), "--tlscert", file("server.pem"), "--tlskey", file("server-key.pem")];
    dockerd = await Dockerd2019.start(["-H", host, "--tlsverify", ...files]);
    expect(await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"))).toMatchObject({ status: 0 });
  });
  afterAll(async () => {
    await dockerd.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  const file = (name: string) => join(place.dir, name);

  test("is where docker looks when nobody says where", () => {
    const [plain, tls] = [false, true].map((tlsVerify) =>
      serverTls({
        tls: false,
        tlsVerify,
        tlsCaCert: file("ca.pem"),
        tlsCert: file("server.pem"),
        tlsKey: file("server-key.pem"),
      }),
    );
    expect(defaultHost(plain)).toBe(DEFAULT_HOST);
    expect(listenPlace(defaultHost(tls), { tls, insecureTcp: false })).toEqual({ host: "127.0.0.1", port: 2376, tls });
  });

  /** Certificates under the names that clients look for, of whom the authority does not know. */
  function makeStranger(): void {
    mkdirSync(file("stranger"));
    copyFileSync(file("ca.pem"), file("stranger/ca.pem"));
    copyFileSync(file("stranger.pem"), file("stranger/cert.pem"));
    copyFileSync(file("stranger-key.pem"), file("stranger/key.pem"));
  }

  test("lets no container publish its own port", async () => {
    const address = host.slice("tcp://".length);
    const { stderr, status } = await dockerd.docker(["run", "--rm", "-p", `${address}:80`, "busybox", "true"]);
    expect({ stderr, status }).toMatchObject({ status: 125 });
    expect(stderr).toContain(`Bind for ${address} failed: port is already allocated`);
  });

  function docker(program: string, args: readonly string[], env: NodeJS.ProcessEnv, input?: string) {
    const all = { ...shellEnvironment(), DOCKER_HOST: host, DOCKER_CONFIG: file("none"), ...env };
    return runProgram(program, args, { env: all, input });
  }

  const known = () => ({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: place.dir });

  describe.each(Object.entries(CLIENTS))("by the %s client:", (_, program) => {
    test("serves who has a certificate, streams and their ends too", async () => {
      const run = ["run", "--rm", "-i", "busybox", "cat"];
      expect(await docker(program, run, known(), "in and out\n")).toEqual({
        stdout: "in and out\n",
        stderr: "",
        status: 0,
      });
      const failing = await docker(program, ["run", "--rm", "busybox", "sh", "-c", "echo err >&2; exit 7"], known());
      expect(failing).toEqual({ stdout: "", stderr: "err\n", status: 7 });
    });

    test("serves no stranger", async () => {
      const answer = await docker(program, ["ps"], { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: file("stranger") });
      expectRefused(answer);
    });

    test("serves nobody who has no certificate", async () => {
      expectRefused(await docker(program, ["--tls", "--tlscacert", file("ca.pem"), "ps"], {}));
    });

    test("serves nobody who speaks no TLS", async () => {
      expectRefused(await docker(program, ["ps"], {}));
    });
  });

  function expectRefused({ stdout, stderr, status }: ProgramResult): void {
    expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
    expect(stderr).not.toBe("");
  }

  test("has a unix socket for root and a group alone", () => {
    const group = readGroups("/").find(({ name }) => name === "docker");
    const { mode, uid, gid } = statSync(dockerd.socket);
    expect({ mode: mode & 0o777, uid, gid }).toEqual({ mode: 0o660, uid: 0, gid: group?.gid ?? 0 });
  });

  test.each([
    [["-H", "tcp://0.0.0.0:1"], "use --tlsverify with certificates, or 127.0.0.1 and a tunnel, or --insecure-tcp"],
    [["-H", "tcp://[::]:1"], "whoever reaches that address would be root of this host"],
    [
      ["-H", "tcp://127.0.0.1:1", "--tlsverify", "--tlscert", "/none", "--tlskey", "/none"],
      "Could not load X509 key pair",
    ],
    [["-H", "tcp://127.0.0.1:1x"], "Invalid bind address format: tcp://127.0.0.1:1x"],
  ])("does not begin with %j", async (flags, message) => {
    const { stderr, status } = await startElsewhere(flags);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });

  test("is not to be had by all without --insecure-tcp, TLS or not", async () => {
    const pair = ["--tls", "--tlscert", file("server.pem"), "--tlskey", file("server-key.pem")];
    expect((await startElsewhere(["-H", "tcp://0.0.0.0:1", ...pair])).stderr).toContain("--insecure-tcp");
    const address = `0.0.0.0:${await freePort()}`;
    const elsewhere = await Dockerd2019.start([`-H=${address}`, "-H", address, "--insecure-tcp"]); // twice is once
    const { stderr } = await elsewhere.docker(["info"]);
    expect(stderr).toContain(`WARNING: API is accessible on http://${address} without encryption.`);
    await elsewhere.stop();
  });

  /** Of a dockerd that does not get as far as to serve. */
  async function startElsewhere(flags: readonly string[]): Promise<ProgramResult> {
    const dirs = ["--containerd", "/none", "--data-root", file("data"), "--exec-root", file("exec"), "-p", file("pid")];
    return runProgram(DOCKERD, [...dirs, "--iptables=false", ...flags], { env: shellEnvironment() });
  }
});
