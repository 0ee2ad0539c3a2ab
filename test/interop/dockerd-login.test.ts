/** `docker login` of ours and of genuine dockerd, at genuine registries that want to know who asks. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { clientAs, logIn } from "@eras/docker-2019/dockerd/image/registry-access.ts";
import { pullError } from "@eras/docker-2019/dockerd/image/registry-words.ts";
import type { AuthConfig } from "@eras/docker-2019/engine-api/auth.ts";
import { errorKind, InvalidArgument, Unauthenticated } from "@eras/oci-spec/errdefs.ts";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { MemoryStore } from "@eras/registry-client/image-fixtures.ts";
import { resolveManifest } from "@eras/registry-client/manifests.ts";
import { push } from "@eras/registry-client/push.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { GenuineRegistry, USER } from "../genuine/registry.ts";
import { engineRequest } from "../harness/engine-request.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";

let place: Place;
let genuine: GenuineDocker;
let registry: GenuineRegistry;

beforeAll(async () => {
  place = newPlace();
  for (const name of ["genuine", "registry"]) mkdirSync(join(place.dir, name));
  registry = await GenuineRegistry.start(join(place.dir, "registry"), "htpasswd");
  genuine = await GenuineDocker.start(join(place.dir, "genuine"), {
    flags: ["--cgroup-parent", `/${place.cgroupParent}`],
  });
});

afterAll(async () => {
  await genuine.stop();
  await registry.stop();
  await removePlace(place);
});

/** The body of POST /auth. */
function genuineLogIn(auth: AuthConfig): unknown {
  const socket = genuine.env.DOCKER_HOST!.slice("unix://".length);
  const json = ["-H", "Content-Type: application/json", "-d", JSON.stringify(auth)];
  return JSON.parse(
    execFileSync("curl", ["-s", "--unix-socket", socket, ...json, "http://docker/auth"], { encoding: "utf8" }),
  );
}

describe("logIn()", () => {
  test.for<[string, (domain: string) => AuthConfig]>([
    ["the right password", (domain) => ({ ...USER, serveraddress: domain })],
    ["a URL, as old clients give it", (domain) => ({ ...USER, serveraddress: `http://${domain}/v1/` })],
    ["a wrong password", (domain) => ({ username: USER.username, password: "wrong", serveraddress: domain })],
    ["nobody", (domain) => ({ serveraddress: domain })],
  ])("with %s answers as the genuine one does", async ([, authFor]) => {
    const auth = authFor(registry.domain);
    const ours = await logIn(auth).catch(({ message }: Error) => ({ message }));
    expect(ours).toEqual(genuineLogIn(auth));
  });

  test("says what is wrong with an address", async () => {
    await expect(logIn({ ...USER, serveraddress: "127.0.0.1:1" })).rejects.toThrow(
      'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    );
    await expect(logIn({ ...USER, serveraddress: "a b" })).rejects.toThrow(InvalidArgument);
    await expect(logIn({ ...USER, serveraddress: "user:password@host" })).rejects.toThrow(InvalidArgument);
  });
});

/** A registry that refuses: what its root, its token server and its manifests answer, each a status and a body. */
interface Refusing {
  readonly root?: readonly [status: number, challenge: string];
  readonly token?: readonly [status: number, body: string];
  readonly manifest?: readonly [status: number, body: string];
}

const errorsOf = (...errors: object[]) => JSON.stringify({ errors });
const REFUSALS: readonly [string, Refusing][] = [
  ["wants a password that nobody has", { root: [401, 'Basic realm="test"'] }],
  ["has a token server with its own words", { token: [401, errorsOf({ code: "UNAUTHORIZED", message: "go away" })] }],
  ["has one with many words", { token: [403, errorsOf({ code: "DENIED" }, { code: "WHAT", message: "never heard" })] }],
  [
    "has one with words of Docker Hub's",
    { token: [401, JSON.stringify({ details: "incorrect username or password" })] },
  ],
  ["has one with a page for people", { token: [403, "<html>"] }],
  ["has one without tokens", { token: [200, "{}"] }],
  ["says in its own words that it may not be", { manifest: [403, errorsOf({ code: "DENIED", message: "ask first" })] }],
  ["says no more than a code", { manifest: [404, errorsOf({ code: "NAME_UNKNOWN" })] }],
  ["has been asked too often", { manifest: [429, errorsOf({ code: "TOOMANYREQUESTS", message: "pull rate limit" })] }],
  ["has nothing to say", { manifest: [404, ""] }],
  ["is out of order", { manifest: [500, "oops"] }],
];

async function refusing({ root = [200, ""], token, manifest = [200, ""] }: Refusing): Promise<Server> {
  const server = createServer(({ url = "", headers: { host } }, response) => {
    const bearer = `Bearer realm="http://${host}/token",service="test"`;
    const [status, challenge] = token ? [401, bearer] : root;
    if (url.startsWith("/token")) return void response.writeHead(token![0]).end(token![1]);
    if (status !== 200) return void response.writeHead(status, { "www-authenticate": challenge }).end();
    const [answer, body] = url === "/v2/" ? [200, ""] : manifest;
    response.writeHead(answer).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe("a registry that", () => {
  test.for(REFUSALS)("%s refuses in the words of genuine dockerd", async ([, refusal]) => {
    const server = await refusing(refusal);
    const domain = `127.0.0.1:${(server.address() as { port: number }).port}`;
    const reference = parseReference(`${domain}/web:1`);
    const client = clientAs({}, domain, { retry: { tries: 1, firstDelayMs: 0, maxDelayMs: 0 } });
    const pulled = resolveManifest(client.repository(reference, "pull"), reference);
    const error = (await pulled.catch((cause: unknown) => pullError(cause, reference))) as Error;
    const ours = { status: errorKind(error) === "NotFound" ? 404 : 500, body: { message: error.message } };
    const socket = genuine.env.DOCKER_HOST!.slice("unix://".length);
    const path = `/images/create?fromImage=${domain}/web&tag=1`;
    expect(ours).toEqual(await engineRequest(socket, "POST", path));
    const auth = { serveraddress: domain };
    const loggedIn = await logIn(auth).catch(({ message }: Error) => ({ message }));
    expect(loggedIn).toEqual((await engineRequest(socket, "POST", "/auth", auth)).body);
    server.closeAllConnections();
    server.close();
  });
});

test("clientAs() says who asks to that registry, and to no other", async () => {
  const store = new MemoryStore();
  const reference = parseReference(`${registry.domain}/web:1`);
  await push(clientAs(USER, registry.domain), reference, store.addImage([10]), store);
  const ask = (auth: AuthConfig, domain: string) => {
    return resolveManifest(clientAs(auth, domain).repository(reference, "pull"), reference);
  };
  await expect(ask(USER, registry.domain)).resolves.toBeDefined();
  await expect(ask(USER, "127.0.0.1:1")).rejects.toThrow("no basic auth credentials");
  await expect(push(clientAs({}, registry.domain), reference, store.addImage([11]), store)).rejects.toThrow(
    Unauthenticated,
  );
});
