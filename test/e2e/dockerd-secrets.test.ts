/** What clients tell dockerd so that it can speak for them to a registry: nothing of it is to be found anywhere afterwards. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry, USER } from "../genuine/registry.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { engineRequest } from "../harness/engine-request.ts";

const START_MS = 60_000;
const reason = existsSync(DOCKER_REGISTRY) ? undefined : `needs ${DOCKER_REGISTRY}`;
const WRONG_PASSWORD = "correct-horse-battery";
const TOKEN = "an-identity-token-of-somebody";
const base64 = (text: string) => Buffer.from(text).toString("base64").replace(/=+$/, "");
/** Each as it is, and as it goes over the wire; a header of JSON has it at any of three offsets. */
const SECRETS = [`${USER.username}:${USER.password}`, `"${USER.password}"`, WRONG_PASSWORD, TOKEN].flatMap((secret) => [
  secret,
  ...[0, 1, 2].map((offset) => base64("x".repeat(offset) + secret).slice(offset === 0 ? 0 : 4, -2)),
]);

describe.skipIf(reason)(`dockerd, in debug mode${reason ? `, ${reason}` : ""}`, () => {
  let dockerd: Dockerd2019;
  let registry: GenuineRegistry;
  beforeAll(async () => {
    dockerd = await Dockerd2019.start(["--debug"]);
    const dir = join(dockerd.place.dir, "registry");
    mkdirSync(dir);
    registry = await GenuineRegistry.start(dir, "htpasswd");
    await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"));
  }, START_MS);
  afterAll(async () => {
    await registry.stop();
    await dockerd.stop();
  }, START_MS);

  test("keeps no credential, in its log, its files, its events, its answers, or its processes", {
    timeout: START_MS,
  }, async () => {
    const { domain } = registry;
    const logIn = (password: string) =>
      dockerd.docker(["login", "-u", USER.username, "--password-stdin", domain], password);
    const failed = await logIn(WRONG_PASSWORD);
    expect(failed.status).toBe(1);
    expect(await logIn(USER.password)).toMatchObject({ status: 0 });
    await dockerd.docker(["tag", "busybox", `${domain}/busybox`]);
    expect(await dockerd.docker(["push", `${domain}/busybox`])).toMatchObject({ status: 0 });
    expect(await dockerd.docker(["pull", `${domain}/busybox`])).toMatchObject({ status: 0 });
    const missing = await dockerd.docker(["pull", `${domain}/nosuch`]);
    expect(missing.status).toBe(1);
    const token = { serveraddress: domain, identitytoken: TOKEN };
    const refused = await engineRequest(dockerd.socket, "POST", "/v1.40/auth", token);
    const garbage = await engineRequest(dockerd.socket, "POST", "/v1.40/auth", { password: [WRONG_PASSWORD] });
    const from = encodeURIComponent(`http://${USER.username}:${WRONG_PASSWORD}@127.0.0.1:9/x`);
    const imported = await engineRequest(dockerd.socket, "POST", `/v1.40/images/create?fromSrc=${from}`);
    expect([refused.status, garbage.status, imported.status]).toEqual([500, 500, 500]);
    const events = await dockerd.docker(["events", "--since", "0", "--until", `${Date.now() / 1000}`]);
    expect(events.stdout).toContain("push");
    const info = await dockerd.docker(["info"]);
    const places: Record<string, string> = {
      log: dockerd.log,
      events: events.stdout,
      info: info.stdout,
      answers: JSON.stringify([failed, missing, refused.body, garbage.body, imported.body]),
      processes: processTexts(dockerd.pid),
      ...filesBelow(dockerd.place.dir, ["registry", "config.json", "docker.sock"]),
    };
    expect(Object.keys(places).length).toBeGreaterThan(10);
    const found = Object.entries(places).flatMap(([place, text]) =>
      SECRETS.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${place}`),
    );
    expect(found).toEqual([]);
    const client = readFileSync(join(dockerd.place.dir, "config.json"), "utf8"); // where it does lie, and is found
    expect(SECRETS.some((secret) => client.includes(secret))).toBe(true);
  });
});

/** What everybody on the host sees of a process, and its environment. */
function processTexts(pid: number): string {
  return ["cmdline", "environ"].map((name) => readFileSync(`/proc/${pid}/${name}`, "utf8")).join("\n");
}

/** By path: all that is a file, but for what is somebody else's. */
function filesBelow(dir: string, leftOut: readonly string[]): Record<string, string> {
  const files = readdirSync(dir, { withFileTypes: true })
    .filter(({ name }) => !leftOut.includes(name) && name !== "merged" && name !== "netns")
    .flatMap((entry) => {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) return Object.entries(filesBelow(path, []));
      return entry.isFile() ? [[path, readFileSync(path, "latin1")] as const] : [];
    });
  return Object.fromEntries(files);
}
