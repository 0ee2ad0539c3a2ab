/** Where our docker looks for its daemon: sockets, TCP, TLS with certificates of both sides, and nobody there. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_20, runDocker } from "../genuine/docker-clients.ts";
import { makeCertificates } from "../harness/certificates.ts";
import { runProgram, shellEnvironment } from "../harness/run-program.ts";
import { DockerCliSession, missingForDocker } from "./docker-cli-session.ts";

const missing = missingForDocker("/usr/bin/openssl");
const START_MS = 90_000;

describe.skipIf(missing)(`docker of 2019 finds its daemon${missing ? `: ${missing}` : ""}`, { timeout: 60_000 }, () => {
  let session: DockerCliSession;
  let dir: string;
  let socket: string;
  beforeAll(async () => {
    session = await DockerCliSession.start();
    dir = session.daemon.place.dir;
    socket = join(dir, "docker.sock");
  }, START_MS);
  afterAll(() => session.stop(), START_MS);

  function docker(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    return runProgram(session.program, args, { env: { ...shellEnvironment(), DOCKER_CONFIG: dir, ...env } });
  }

  test("by -H, which is stronger than DOCKER_HOST", async () => {
    const { stdout, status } = await docker(["-H", `unix://${socket}`, "ps", "-q"], { DOCKER_HOST: "unix:///nosuch" });
    expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
  });

  test("and says what to do when nobody is there, as the genuine one does", async () => {
    const env = { DOCKER_HOST: `unix://${dir}/nosuch.sock` };
    const genuine = await runProgram("/usr/bin/docker", ["ps"], { env: { ...shellEnvironment(), ...env } });
    expect(await docker(["ps"], env)).toEqual(genuine);
    const noHost = ["-H", "foo://x", "ps"];
    for (const words of [["info"], ["info", "-f", "{{json .}}"], noHost, ["-l", "loud", "ps"]]) {
      const info = await runProgram("/usr/bin/docker", words, { env: { ...shellEnvironment(), ...env } });
      expect(await docker(words, env)).toEqual(info);
    }
    const run = await docker(["run", "busybox"], env);
    expect(run.stderr).toContain(
      `Cannot connect to the Docker daemon at ${env.DOCKER_HOST}. Is the docker daemon running?`,
    );
    expect(run.status).toBe(125);
  });

  test("in the version that DOCKER_API_VERSION says", async () => {
    session.log.takeLines();
    await runProgram(session.program, ["ps"], { env: { ...session.env, DOCKER_API_VERSION: "1.30" } });
    expect(session.log.takeLines()).toEqual(["GET /v1.30/containers/json"]);
  });

  describe.each([
    { here: "ours", there: "the genuine one" },
    { here: "the genuine one", there: "ours" },
  ])("through ssh, with $here here and $there there", ({ here, there }) => {
    const programOf = (who: string) => (who === "ours" ? session.program : DOCKER_20.path);
    const run = (args: readonly string[], env: NodeJS.ProcessEnv, input?: string) =>
      runDocker(programOf(here), args, { env: { ...shellEnvironment(), DOCKER_CONFIG: dir, ...env }, input });

    test("which is told who and where, and the streams are the container's", async () => {
      const { PATH, asked } = sshToHere(programOf(there));
      const env = { DOCKER_HOST: "ssh://me@far:22", PATH };
      const bytes = "x".repeat(300_000);
      const script = "md5sum; echo err >&2; exit 7";
      const { stdout, stderr, status } = await run(["run", "--rm", "-i", "busybox", "sh", "-c", script], env, bytes);
      const sum = createHash("md5").update(bytes).digest("hex");
      expect({ stdout, stderr, status }).toEqual({ stdout: `${sum}  -\n`, stderr: "err\n", status: 7 });
      expect(asked()).toEqual(["-l me -p 22 -- far docker system dial-stdio"]);
    });

    test("and says what ssh says when that fails", async () => {
      const { PATH } = sshToHere("/nosuch/docker");
      const { stderr, status } = await run(["ps"], { DOCKER_HOST: "ssh://far", PATH });
      expect(stderr).toMatch(
        /^error during connect: .*command \[ssh -- far docker system dial-stdio\] has exited with exit status 127, please make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=.*nosuch/s,
      );
      expect(status).toBe(1);
    });
  });

  /** In the place of an ssh: the far machine is this one, where `docker` is that program. @returns What it was called with, each once. */
  function sshToHere(docker: string): { readonly PATH: string; readonly asked: () => string[] } {
    const bin = mkdtempSync(join(dir, "ssh-"));
    const steps = [`echo "$*" >> ${bin}/asked`, 'while [ "$1" != -- ]; do shift; done', "shift 3"];
    const dial = `DOCKER_HOST=unix://${socket} exec ${docker} "$@"`;
    writeFileSync(join(bin, "ssh"), ["#!/bin/sh", ...steps, dial, ""].join("\n"), { mode: 0o755 });
    const asked = () => [...new Set(readFileSync(join(bin, "asked"), "utf8").trim().split("\n"))];
    return { PATH: `${bin}:${shellEnvironment().PATH}`, asked };
  }

  test("over TLS, where each side proves who it is", async () => {
    makeCertificates(dir);
    const server = createTlsServer(
      {
        ca: read("ca.pem"),
        cert: read("server.pem"),
        key: read("server-key.pem"),
        requestCert: true,
        allowHalfOpen: true, // input ends before output does
        rejectUnauthorized: true,
      },
      (client) => {
        const daemon = connect({ path: socket, allowHalfOpen: true });
        client.on("error", () => daemon.destroy()).pipe(daemon);
        daemon.on("error", () => client.destroy()).pipe(client);
      },
    );
    server.on("tlsClientError", () => {}); // one of the clients below
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as { port: number };
      const env = { DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: dir };
      expect(await docker(["run", "--rm", "busybox", "echo", "hi"], env)).toEqual({
        stdout: "hi\n",
        stderr: "",
        status: 0,
      });
      const stranger = await docker(
        ["--tlscert", join(dir, "stranger.pem"), "--tlskey", join(dir, "stranger-key.pem"), "ps"],
        env,
      );
      expect(stranger.status).toBe(1);
      const otherAuthority = await docker(["--tlscacert", join(dir, "stranger.pem"), "ps"], env);
      expect(otherAuthority.stderr).toContain("error during connect");
    } finally {
      server.close();
    }

    function read(name: string): Buffer {
      return execFileSync("cat", [join(dir, name)]);
    }
  });
});
