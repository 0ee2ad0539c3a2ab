/** The registry client at a genuine registry, with skopeo for a second opinion. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@eras/oci-spec/digest.ts";
import { FailedPrecondition, NotFound, PermissionDenied, Unauthenticated } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { readBlob } from "@eras/registry-client/blobs.ts";
import { type ClientOptions, RegistryClient } from "@eras/registry-client/client.ts";
import type { Progress } from "@eras/registry-client/content.ts";
import { type Credentials, dockerCredentials } from "@eras/registry-client/credentials.ts";
import { MemoryStore } from "@eras/registry-client/image-fixtures.ts";
import { listTags } from "@eras/registry-client/manifests.ts";
import { pull } from "@eras/registry-client/pull.ts";
import { type PushOptions, push } from "@eras/registry-client/push.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry, USER } from "../genuine/registry.ts";
import { runProgram } from "../harness/run-program.ts";
import { IDENTITY_TOKEN, TokenServer } from "../harness/token-server.ts";

const SKOPEO = "/usr/bin/skopeo";
const AMD64 = { os: "linux", architecture: "amd64" };
const ARM64 = { os: "linux", architecture: "arm64" };

const absent = [DOCKER_REGISTRY, SKOPEO].filter((path) => !existsSync(path));
const run = absent.length > 0 ? describe.skip : describe;

/** A directory for one part of this file, taken away by the registry that gets it. */
function newDir(): string {
  return mkdtempSync(join(tmpdir(), "docker-eras-registry-"));
}

run(`at a genuine registry${absent.length > 0 ? ` (needs ${absent.join(", ")})` : ""},`, () => {
  let registry: GenuineRegistry;
  let dir: string;
  const client = new RegistryClient();
  beforeAll(async () => {
    dir = newDir();
    registry = await GenuineRegistry.start(dir);
  });
  afterAll(() => registry.stop());

  const reference = (name: string) => parseReference(`${registry.domain}/${name}`);
  const source = new MemoryStore();

  async function pushed(name: string, target: Descriptor, options?: PushOptions): Promise<Progress[]> {
    const progress: Progress[] = [];
    await push(client, reference(name), target, source, { ...options, onProgress: (one) => progress.push(one) });
    return progress;
  }

  test("tags are listed, page by page", async () => {
    const target = source.addImage([10]);
    for (const tag of ["a", "b", "c"]) await pushed(`tagged:${tag}`, target);
    const repository = client.repository(reference("tagged"), "pull");
    expect((await listTags(repository)).sort()).toEqual(["a", "b", "c"]);
    await expect(listTags(client.repository(reference("nothing"), "pull"))).rejects.toThrow(NotFound);
  });

  test("what is pushed is what is pulled", async () => {
    const target = source.addImage([1000, 300_000, 0]);
    await pushed("web:1", target);
    const sink = new MemoryStore();
    const pulled = await pull(client, reference("web:1"), sink, { platforms: [AMD64] });
    expect(pulled.target).toMatchObject({ mediaType: target.mediaType, digest: target.digest, size: target.size });
    expect(pulled.manifests[0]!.manifest.layers).toHaveLength(3);
    for (const [digest, bytes] of sink.blobs) expect(bytes).toEqual(source.blobs.get(digest));
    expect(sink.blobs.size).toBe(5);
  });

  test("skopeo reads what we have pushed, and we read what skopeo has", async () => {
    const target = source.addImage([5000, 6000]);
    await pushed("skopeo:1", target);
    const from = `docker://${registry.domain}/skopeo:1`;
    const { stdout } = await runProgram(SKOPEO, ["inspect", "--raw", "--tls-verify=false", from]);
    expect(sha256(stdout)).toBe(target.digest);
    const copy = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--preserve-digests", from];
    expect(await runProgram(SKOPEO, [...copy, `docker://${registry.domain}/copied:1`])).toMatchObject({ status: 0 });
    const pulled = await pull(client, reference("copied:1"), new MemoryStore(), { platforms: [AMD64] });
    expect(pulled.target.digest).toBe(target.digest);
  });

  test("of an index, the manifest for the platform is fetched, or all", async () => {
    const index = source.addIndex([source.addImage([10], AMD64), source.addImage([20], ARM64)]);
    await pushed("multi:1", index);
    const one = new MemoryStore();
    await pull(client, reference("multi:1"), one, { platforms: [ARM64] });
    expect(one.blobs.size).toBe(4);
    const all = new MemoryStore();
    expect((await pull(client, reference("multi:1"), all, { platforms: "all" })).manifests).toHaveLength(2);
    expect(all.blobs.size).toBe(7);
    const none = pull(client, reference("multi:1"), new MemoryStore(), {
      platforms: [{ os: "linux", architecture: "s390x" }],
    });
    await expect(none).rejects.toThrow(/no match for platform.*linux\/amd64, linux\/arm64, not linux\/s390x/);
  });

  test("a pull that was cut off is gone on with, and fetches only what is missing", async () => {
    const target = source.addImage([200_000, 100]);
    await pushed("resume:1", target);
    const sink = new MemoryStore();
    const manifest = JSON.parse(source.blobs.get(target.digest)!.toString()) as { layers: Descriptor[] };
    const [big, small] = manifest.layers as [Descriptor, Descriptor];
    sink.blobs.set(small.digest, source.blobs.get(small.digest)!);
    sink.parts.set(big.digest, source.blobs.get(big.digest)!.subarray(0, 150_000));
    const progress: Progress[] = [];
    await pull(client, reference("resume:1"), sink, { platforms: [AMD64], onProgress: (one) => progress.push(one) });
    const of = ({ digest }: Descriptor) => progress.filter(({ descriptor }) => descriptor.digest === digest);
    expect(of(small).map(({ state }) => state)).toEqual(["waiting", "exists"]);
    expect(of(big)[1]).toMatchObject({ state: "active", offset: 150_000 });
    expect(of(big).at(-1)).toMatchObject({ state: "done", offset: 200_000 });
    expect(sink.blobs.get(big.digest)).toEqual(source.blobs.get(big.digest));
  });

  test("a wrong beginning from an earlier time is thrown away, and all fetched", async () => {
    const target = source.addImage([50_000]);
    await pushed("wrong:1", target);
    const { layers } = JSON.parse(source.blobs.get(target.digest)!.toString()) as { layers: Descriptor[] };
    const sink = new MemoryStore();
    sink.parts.set(layers[0]!.digest, Buffer.alloc(1000, "x"));
    await pull(client, reference("wrong:1"), sink, { platforms: [AMD64] });
    expect(sink.blobs.get(layers[0]!.digest)).toEqual(source.blobs.get(layers[0]!.digest));
  });

  test("a blob that is damaged in the registry is refused, and not kept", async () => {
    const target = source.addImage([50_000]);
    await pushed("damaged:1", target);
    const { layers } = JSON.parse(source.blobs.get(target.digest)!.toString()) as { layers: Descriptor[] };
    registry.damage(layers[0]!.digest);
    const sink = new MemoryStore();
    await expect(pull(client, reference("damaged:1"), sink, { platforms: [AMD64] })).rejects.toThrow(
      FailedPrecondition,
    );
    expect([sink.parts, sink.blobs].map((kept) => kept.has(layers[0]!.digest))).toEqual([false, false]);
  });

  test("what the registry has is not sent again; another repository's blob is mounted", async () => {
    const target = source.addImage([70_000]);
    expect((await pushed("first:1", target)).filter(({ state }) => state === "done")).toHaveLength(3);
    expect((await pushed("first:1", target)).filter(({ state }) => state === "done")).toHaveLength(0);
    const mounted = await pushed("second:1", target, { mountFrom: async () => "first" });
    expect(mounted.filter(({ state }) => state === "done").map(({ descriptor }) => descriptor.digest)).toEqual([
      target.digest,
    ]);
  });

  test("a blob is sent in chunks", async () => {
    const target = source.addImage([250_000]);
    const progress = await pushed("chunks:1", target, { chunkBytes: 100_000 });
    const layer = progress.filter(({ descriptor }) => descriptor.size === 250_000);
    expect(layer.map(({ offset }) => offset)).toEqual([0, 100_000, 200_000, 250_000, 250_000]);
    const sink = new MemoryStore();
    await pull(client, reference("chunks:1"), sink, { platforms: [AMD64] });
    expect(sink.blobs.get(target.digest)).toEqual(source.blobs.get(target.digest));
  });

  test("a digest names an image as a tag does", async () => {
    const target = source.addImage([10]);
    await push(client, { ...reference("bydigest"), digest: target.digest }, target, source);
    const pulled = await pull(client, { ...reference("bydigest"), digest: target.digest }, new MemoryStore(), {
      platforms: [AMD64],
    });
    expect(pulled.target.digest).toBe(target.digest);
  });

  test("a part of a blob is had by offset", async () => {
    const target = source.addImage([1000]);
    await pushed("part:1", target);
    const { layers } = JSON.parse(source.blobs.get(target.digest)!.toString()) as { layers: Descriptor[] };
    const pieces = await Array.fromAsync(readBlob(client.repository(reference("part"), "pull"), layers[0]!, 900));
    expect(Buffer.concat(pieces)).toEqual(source.blobs.get(layers[0]!.digest)!.subarray(900));
  });

  test("what is not there is not found", async () => {
    const missing = pull(client, reference("nosuch:1"), new MemoryStore());
    await expect(missing).rejects.toThrow(NotFound);
    await expect(missing).rejects.toThrow(/Cannot GET .*\/v2\/nosuch\/manifests\/1: 404/);
    const target = source.addImage([10]);
    const hollow = new MemoryStore();
    hollow.blobs.set(target.digest, source.blobs.get(target.digest)!);
    await expect(push(client, reference("hollow:1"), target, hollow)).rejects.toThrow(NotFound);
  });

  test("a mirror is asked first, and what it lacks is asked of the registry", async () => {
    const mirrorDir = newDir();
    const mirror = await GenuineRegistry.start(mirrorDir);
    try {
      const both = source.addImage([11]);
      const one = source.addImage([12]);
      await pushed("both:1", both);
      await pushed("one:1", one);
      await push(client, parseReference(`${mirror.domain}/both:1`), both, source);
      const mirrored = new RegistryClient({
        mirrors: { [registry.domain]: ["http://127.0.0.1:1", `http://${mirror.domain}`] },
      });
      await pull(mirrored, reference("both:1"), new MemoryStore(), { platforms: [AMD64] });
      expect(readFileSync(join(mirrorDir, "registry.log"), "utf8")).toMatch(/GET .*both\/blobs.*ns=/);
      await pull(mirrored, reference("one:1"), new MemoryStore(), { platforms: [AMD64] });
    } finally {
      await mirror.stop();
    }
  });
});

run("at a genuine registry that wants a password,", () => {
  let registry: GenuineRegistry;
  const source = new MemoryStore();
  const target = source.addImage([3000]);
  beforeAll(async () => {
    registry = await GenuineRegistry.start(newDir(), "htpasswd");
  });
  afterAll(() => registry.stop());
  const reference = (name: string) => parseReference(`${registry.domain}/${name}`);

  test("whoever knows it may push and pull", async () => {
    const client = new RegistryClient({ credentials: async () => USER });
    await push(client, reference("web:1"), target, source);
    await pull(client, reference("web:1"), new MemoryStore(), { platforms: [AMD64] });
  });

  test("the others are told so", async () => {
    const nobody = new RegistryClient();
    const denied = pull(nobody, reference("web:1"), new MemoryStore());
    await expect(denied).rejects.toThrow(Unauthenticated);
    await expect(denied).rejects.toThrow("no basic auth credentials");
    const wrong = new RegistryClient({ credentials: async () => ({ ...USER, password: "guess" }) });
    await expect(push(wrong, reference("web:1"), target, source)).rejects.toThrow(Unauthenticated);
  });

  test("skopeo login's file is understood", async () => {
    const dir = newDir();
    const path = join(dir, "config.json");
    const login = ["login", "--tls-verify=false", "--authfile", path, "-u", USER.username, "-p", USER.password];
    expect(await runProgram(SKOPEO, [...login, registry.domain])).toMatchObject({ status: 0 });
    const client = new RegistryClient({ credentials: dockerCredentials(path) });
    await push(client, reference("login:1"), target, source);
    rmSync(dir, { recursive: true });
  });

  test("a credential helper is asked", async () => {
    const dir = newDir();
    mkdirSync(join(dir, "bin"));
    const answer = JSON.stringify({ ServerURL: registry.domain, Username: USER.username, Secret: USER.password });
    const script = `#!/bin/sh\nread server; [ "$1 $server" = "get ${registry.domain}" ] && echo '${answer}'\n`;
    writeFileSync(join(dir, "bin/docker-credential-eras"), script, { mode: 0o755 });
    const path = join(dir, "config.json");
    writeFileSync(path, JSON.stringify({ credHelpers: { [registry.domain]: "eras" } }));
    const { PATH } = process.env;
    process.env.PATH = `${join(dir, "bin")}:${PATH}`;
    try {
      const client = new RegistryClient({ credentials: dockerCredentials(path) });
      await push(client, reference("helper:1"), target, source);
    } finally {
      process.env.PATH = PATH;
      rmSync(dir, { recursive: true });
    }
  });
});

run("at a genuine registry with a token server,", () => {
  let registry: GenuineRegistry;
  let tokens: TokenServer;
  const source = new MemoryStore();
  const target = source.addImage([3000, 4000, 5000, 6000]);
  beforeAll(async () => {
    const dir = newDir();
    tokens = await TokenServer.start(dir, new Map([[USER.username, USER.password]]));
    registry = await GenuineRegistry.start(dir, tokens.auth);
  });
  afterAll(async () => {
    await registry.stop();
    await tokens.stop();
  });
  const reference = (name: string) => parseReference(`${registry.domain}/${name}`);
  const clientOf = (credentials?: Credentials, options?: ClientOptions) =>
    new RegistryClient({ ...options, credentials: async () => credentials });

  test("one token does for a whole push", async () => {
    tokens.asked.length = 0;
    await push(clientOf(USER), reference("public/web:1"), target, source);
    expect(tokens.asked).toEqual(["repository:public/web:pull,push"]);
  });

  test("who is nobody in particular may read what is public, and not write", async () => {
    await push(clientOf(USER), reference("public/web:1"), target, source);
    await push(clientOf(USER), reference("private/web:1"), target, source);
    await pull(clientOf(), reference("public/web:1"), new MemoryStore(), { platforms: [AMD64] });
    await expect(pull(clientOf(), reference("private/web:1"), new MemoryStore())).rejects.toThrow(PermissionDenied);
    await expect(push(clientOf(), reference("public/web:2"), target, source)).rejects.toThrow(Unauthenticated);
  });

  test("a wrong password is the token server's to refuse", async () => {
    const wrong = clientOf({ ...USER, password: "guess" });
    await expect(pull(wrong, reference("public/web:1"), new MemoryStore())).rejects.toThrow(Unauthenticated);
  });

  test("an identity token is given to who asks for one, and does in place of a password", async () => {
    let identityToken = "";
    const onIdentityToken = (token: string) => {
      identityToken = token;
    };
    await pull(clientOf(USER, { onIdentityToken }), reference("public/web:1"), new MemoryStore());
    expect(identityToken).toBe(IDENTITY_TOKEN);
    await push(clientOf({ identityToken }), reference("private/web:3"), target, source);
  });

  test("a token that has expired is replaced", async () => {
    const client = clientOf(USER);
    tokens.lifeS = -120; // dead when it comes: the registry allows for clocks a minute apart
    await expect(push(client, reference("private/old:1"), target, source)).rejects.toThrow(Unauthenticated);
    tokens.lifeS = 300;
    await push(client, reference("private/old:1"), target, source);
  });

  test("a mount asks for both repositories", async () => {
    const client = clientOf(USER);
    await push(client, reference("private/from:1"), target, source);
    tokens.asked.length = 0;
    await push(client, reference("private/to:1"), target, source, { mountFrom: async () => "private/from" });
    expect(tokens.asked).toContain("repository:private/to:pull,push repository:private/from:pull");
  });
});
