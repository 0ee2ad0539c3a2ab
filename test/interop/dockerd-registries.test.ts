/** Registries that dockerd was told of: mirrors of Docker Hub's, and those of which no certificate is asked. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { RegistryClient } from "@eras/registry-client/client.ts";
import { MemoryStore } from "@eras/registry-client/image-fixtures.ts";
import { push } from "@eras/registry-client/push.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { makeCertificates } from "../harness/certificates.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { missing } from "../harness/runtime-under-test.ts";

/** An address of this host's that is not the loopback, of which no certificate is asked anyway. */
const address = Object.values(networkInterfaces())
  .flatMap((interfaces) => interfaces ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

describe("dockerd asks registries as it was told:", () => {
  const reason = missing("/usr/bin/docker", DOCKER_REGISTRY, "/usr/bin/openssl");
  if (reason) return void test.skip(reason);
  if (address === undefined) return void test.skip("needs an address beside the loopback's");

  let place: Place;
  let registry: GenuineRegistry;
  let dockerd: Dockerd2019;
  let plain: Server;
  let secure: Server;
  const configFile = () => join(place.dir, "daemon.json");
  beforeAll(async () => {
    place = newPlace();
    mkdirSync(join(place.dir, "registry"));
    makeCertificates(place.dir);
    registry = await GenuineRegistry.start(join(place.dir, "registry"));
    plain = await listening(createServer(forward));
    const [cert, key] = ["server.pem", "server-key.pem"].map((name) => readFileSync(join(place.dir, name)));
    secure = await listening(createTlsServer({ cert, key }, forward));
    secure.on("tlsClientError", () => {}); // a client that does not trust it
    writeFileSync(configFile(), "{}");
    dockerd = await Dockerd2019.start(["--config-file", configFile()]);
    await docker("load", "-q");
    await docker("tag", "busybox", `${registry.domain}/library/busybox`);
    await docker("push", `${registry.domain}/library/busybox`);
  });
  afterAll(async () => {
    for (const server of [plain, secure]) server.close();
    await dockerd.stop();
    await registry.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  /** To the registry, which listens on the loopback. */
  function forward(client: Socket): void {
    const [host, port] = registry.domain.split(":");
    const there = connect(Number(port), host);
    client.on("error", () => there.destroy()).pipe(there);
    there.on("error", () => client.destroy()).pipe(client);
  }

  async function docker(...args: string[]): Promise<string> {
    const input = args[0] === "load" ? busyboxImage("busybox:latest") : undefined;
    const { stdout, stderr, status } = await dockerd.docker(args, input);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    return stdout;
  }

  const domainOf = (server: Server) => `${address}:${(server.address() as { port: number }).port}`;
  const pull = (server: Server) => dockerd.docker(["pull", `${domainOf(server)}/library/busybox`]);

  test("for the platform that the client names", async () => {
    const store = new MemoryStore();
    const architectures = ["s390x", "ppc64le"];
    const platforms = architectures.map((architecture) => ({ os: "linux", architecture }));
    const index = store.addIndex(platforms.map((platform) => store.addImage([], platform)));
    const name = `${registry.domain}/far:1`;
    await push(new RegistryClient(), parseReference(name), index, store);
    expect((await dockerd.docker(["pull", name])).stderr).toContain("no matching manifest for linux/");
    for (const one of [name, `${name.replace(/:1$/, "")}@${index.digest}`])
      for (const architecture of architectures) {
        await docker("pull", "--platform", `linux/${architecture}`, one);
        expect(await docker("inspect", "-f", "{{.Architecture}}", one)).toBe(`${architecture}\n`);
      }
    expect((await dockerd.docker(["pull", "--platform", "what", name])).stderr).toContain("Cannot parse platform");
  });

  /** Changes what the daemon was told, and waits until it has taken note. */
  async function tell(file: object, isDone: (config: Record<string, unknown>) => boolean): Promise<void> {
    writeFileSync(configFile(), JSON.stringify(file));
    process.kill(dockerd.pid, "SIGHUP");
    while (!isDone(JSON.parse(await docker("info", "-f", "{{json .RegistryConfig}}")))) await delay(20);
  }

  test("a certificate, unless the registry is said to be insecure", async () => {
    expect((await pull(secure)).status).toBe(1);
    expect((await pull(plain)).status).toBe(1);
    const IndexConfigs = (config: Record<string, unknown>) => config.IndexConfigs as object;
    await tell({ "insecure-registries": [domainOf(secure)] }, (config) => domainOf(secure) in IndexConfigs(config));
    expect(await pull(secure)).toMatchObject({ stderr: "", status: 0 });
    expect((await pull(plain)).status).toBe(1);
    expect((await dockerd.docker(["push", `${domainOf(secure)}/library/busybox`])).status).toBe(0);
  });

  test("or in an insecure network, where it may speak no TLS at all", async () => {
    const network = `${address}/32`;
    await tell({ "insecure-registries": [network] }, ({ InsecureRegistryCIDRs }) =>
      (InsecureRegistryCIDRs as string[]).includes(network),
    );
    for (const server of [plain, secure]) expect(await pull(server)).toMatchObject({ stderr: "", status: 0 });
    expect((await dockerd.docker(["push", `${domainOf(plain)}/library/busybox`])).status).toBe(0);
  });

  test("a mirror before Docker Hub", async () => {
    await tell(
      { "registry-mirrors": [`http://${registry.domain}`] },
      ({ Mirrors }) => (Mirrors as string[]).length === 1,
    );
    await docker("rmi", "-f", "busybox");
    expect(await docker("pull", "busybox")).toContain("Status: Downloaded newer image for busybox:latest\n");
    expect(await docker("run", "--rm", "busybox", "echo", "hi")).toBe("hi\n");
  });
});

function listening<T extends Server>(server: T): Promise<T> {
  return new Promise((resolve) => server.listen(0, "0.0.0.0", () => resolve(server)));
}
