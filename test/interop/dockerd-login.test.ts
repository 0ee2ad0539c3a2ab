/** `docker login` of ours and of genuine dockerd, at genuine registries that want to know who asks. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { clientAs, logIn } from "@eras/docker-2019/dockerd/image/registry-access.ts";
import type { AuthConfig } from "@eras/docker-2019/engine-api/auth.ts";
import { InvalidArgument, PermissionDenied, Unauthenticated } from "@eras/oci-spec/errdefs.ts";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { MemoryStore } from "@eras/registry-client/image-fixtures.ts";
import { resolveManifest } from "@eras/registry-client/manifests.ts";
import { push } from "@eras/registry-client/push.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { GenuineRegistry, USER } from "../genuine/registry.ts";
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

test("clientAs() says who asks to that registry, and to no other", async () => {
  const store = new MemoryStore();
  const reference = parseReference(`${registry.domain}/web:1`);
  await push(clientAs(USER, registry.domain), reference, store.addImage([10]), store);
  const ask = (auth: AuthConfig, domain: string) => {
    return resolveManifest(clientAs(auth, domain).repository(reference, "pull"), reference);
  };
  await expect(ask(USER, registry.domain)).resolves.toBeDefined();
  await expect(ask(USER, "127.0.0.1:1")).rejects.toThrow(PermissionDenied);
  await expect(push(clientAs({}, registry.domain), reference, store.addImage([11]), store)).rejects.toThrow(
    Unauthenticated,
  );
});
