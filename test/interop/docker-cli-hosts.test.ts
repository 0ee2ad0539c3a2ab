/** Where our docker looks for its daemon: sockets, TCP, TLS with certificates of both sides, and nobody there. */
import { execFileSync } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
    for (const words of [["info"], ["info", "-f", "{{json .}}"]]) {
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
