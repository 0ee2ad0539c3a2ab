/** Our ctr at a genuine containerd: images, and what they are made of. */
import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { sha256 } from "@eras/oci-spec/digest.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { OCI_LAYER, OCI_MANIFEST } from "@eras/oci-spec/image/media-types.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import { busyboxImage, imageArchive } from "../harness/busybox-image.ts";
import { BUSYBOX, CtrSession, missingForCtr, SUCCESS } from "../harness/ctr-session.ts";
import { busyboxTar } from "../harness/docker-2013.ts";

describe("ctr, of images,", () => {
  const reason = missingForCtr(DOCKER_REGISTRY);
  if (reason) return void test.skip(reason);

  let session: CtrSession;
  let registry: GenuineRegistry;
  beforeAll(async () => {
    session = await CtrSession.start();
    registry = await GenuineRegistry.start(mkdtempSync(join(tmpdir(), "docker-eras-registry-")));
  });
  afterAll(async () => {
    await registry.stop();
    await session.stop();
  });

  async function busyboxDigest(): Promise<string> {
    const [, row = ""] = (await session.ours("images", "ls", `name==${BUSYBOX}`)).stdout.split("\n");
    return row.split(/\s+/)[2]!;
  }

  describe("images", () => {
    afterEach(() => session.loadBusybox());
    /** Digest, size and labels; the age is nothing to compare. */
    const contentRow = (line: string) => {
      const [digest, size, , labels = ""] = line.split(/\t+/);
      return [digest, size, labels.split(",").sort()];
    };
    const name = () => `${registry.domain}/busybox:1`;

    test("are pushed and pulled: content, labels and snapshots as the genuine ctr leaves them", async () => {
      await session.same("images", "tag", "--force", BUSYBOX, name());
      expect((await session.ours("images", "push", name())).stdout).toMatch(/layer-sha256:\w+: +done +\|.*\+{38}/);
      const described = async () => [
        (await session.genuine("content", "ls")).stdout.split("\n").map(contentRow),
        (await session.genuine("snapshots", "ls")).stdout,
        (await session.genuine("images", "ls")).stdout,
      ];
      await session.genuine("images", "rm", "--sync", name(), BUSYBOX);
      expect(await session.genuine("images", "pull", name())).toMatchObject({ status: 0 });
      const left = await described();
      await session.genuine("images", "rm", "--sync", name());
      const pulled = await session.ours("images", "pull", name());
      expect(pulled).toMatchObject({ stderr: "", status: 0 });
      expect(pulled.stdout).toMatch(
        /resolved +\|.*\n(.*done.*\n){3}elapsed.*total:.*\nunpacking linux\/\w+ sha256:.*\ndone:/,
      );
      expect(await described()).toEqual(left);
      expect((await session.ours("images", "pull", "--print-chainid", name())).stdout).toMatch(
        /(.*exists.*\n){3}[\s\S]*chain ID: sha/,
      );
    });

    test("are fetched and pushed in single objects, too", async () => {
      await session.ours("images", "tag", "--force", BUSYBOX, name());
      await session.ours("images", "push", name());
      const manifest = await session.same("content", "fetch-object", name());
      const { config, mediaType } = JSON.parse(manifest.stdout) as { config: Descriptor; mediaType: string };
      const byDigest = name().replace(/:1$/, `@${config.digest}`);
      expect((await session.same("content", "fetch-object", byDigest)).stdout).toContain("diff_ids");

      const other = `${registry.domain}/other:1`;
      expect(await session.ours("content", "push-object", other, config.digest, config.mediaType)).toEqual({
        ...SUCCESS,
        stdout: `Pushed ${config.digest} ${config.mediaType}\n`,
      });
      await session.same("content", "push-object", other, config.digest, config.mediaType); // both: it is there
      const choice = ["--manifest", sha256(manifest.stdout), "--manifest-type", mediaType];
      expect(await session.ours("images", "push", ...choice, other)).toMatchObject({ stderr: "", status: 0 });
      expect((await session.genuine("content", "fetch-object", other)).stdout).toBe(manifest.stdout);

      const fetched = async (ctr: typeof session.ours) => {
        expect(await ctr("content", "fetch", "--label", "a=b", other)).toMatchObject({ stderr: "", status: 0 });
        const { stdout } = await session.genuine("images", "ls", `name==${other}`);
        await session.genuine("images", "rm", other);
        return stdout;
      };
      expect(await fetched(session.ours)).toBe(await fetched(session.genuine));
    });

    test("are listed, labelled, named and removed", async () => {
      await session.same("images", "ls");
      await session.same("images", "ls", "-q");
      await session.same("images", "check");
      await session.same("images", "label", BUSYBOX, "a=b");
      await session.same("images", "ls", "labels.a==b");
      await session.same("images", "label", BUSYBOX, "a=");
      expect(await session.ours("images", "tag", BUSYBOX, "other:1")).toEqual({ ...SUCCESS, stdout: "other:1\n" });
      await session.same("images", "tag", BUSYBOX, "other:1");
      await session.same("images", "tag", "nosuch", "a");
      expect(await session.ours("images", "rm", "other:1")).toEqual({ ...SUCCESS, stdout: "other:1\n" });
      await session.same("images", "rm", "nosuch");
      const manifest = JSON.parse((await session.ours("content", "get", await busyboxDigest())).stdout);
      await session.genuine("content", "rm", manifest.layers[0].digest);
      await session.same("images", "check"); // incomplete, and still unpacked
    });

    test("that a registry lacks are told as the genuine ctr tells it", async () => {
      const missing = `${registry.domain}/nosuch:1`;
      const { stderr, status } = await session.ours("images", "pull", missing);
      expect({ stderr, status }).toEqual({
        stderr: `ctr: failed to resolve reference "${missing}": ${missing}: not found\n`,
        status: 1,
      });
      expect((await session.ours("images", "pull", "127.0.0.1:1/a:1")).stderr).toMatch(
        /^ctr: failed to resolve.*ECONNREFUSED/,
      );
      expect((await session.ours("images", "pull", "busybox")).stderr).toMatch(/reference "busybox": object required/);
    });

    test("go into archives that the genuine ctr reads, and come out of those it writes", async () => {
      const written = join(session.place.dir, "ours.tar");
      expect(await session.ours("images", "export", written, BUSYBOX)).toEqual(SUCCESS);
      const before = (await session.genuine("images", "ls")).stdout;
      await session.genuine("images", "rm", "--sync", BUSYBOX);
      expect(await session.genuine("images", "import", written)).toMatchObject({ status: 0 });
      expect((await session.genuine("images", "ls")).stdout).toBe(before);
      const genuine = join(session.place.dir, "genuine.tar");
      expect(await session.genuine("images", "export", genuine, BUSYBOX)).toEqual(SUCCESS);
      await session.same("images", "import", "--index-name", "archive:1", genuine);
      await session.same("images", "ls", "name==archive:1");
      await session.ours("images", "rm", "archive:1");
      const missing = await session.ours("images", "import", "/nosuch");
      expect(missing).toMatchObject({ stderr: expect.stringMatching(/^ctr: ENOENT.*\n$/), status: 1 });
      await session.genuine("images", "rm", "--sync", BUSYBOX);
      const { stdout, status } = await session.ours("images", "import", genuine);
      expect({ stdout, status }).toEqual({
        stdout: expect.stringMatching(/^unpacking .*\(sha256:\w+\)\.\.\.done\n$/),
        status: 0,
      });
      expect((await session.genuine("images", "ls")).stdout).toBe(before);
      await session.same("images", "check");
    });

    test("come out of what docker save writes, through a pipe, with a manifest that the genuine ctr makes too", async () => {
      const before = (await session.genuine("images", "ls")).stdout;
      await session.genuine("images", "rm", "--sync", BUSYBOX);
      const archive = gzipSync(busyboxImage(BUSYBOX), { level: 1 });
      expect(await session.withInput(archive, "images", "import", "--no-unpack", "-")).toEqual(SUCCESS);
      expect((await session.genuine("images", "ls")).stdout).toBe(before);
      expect(await session.withInput("no archive", "images", "import", "-")).toMatchObject({ status: 1 });
    });

    test("are mounted and unmounted", async () => {
      const target = join(session.place.dir, "mnt");
      mkdirSync(target);
      expect(await session.ours("images", "mount", BUSYBOX, target)).toMatchObject({ status: 0 });
      expect(readdirSync(target)).toContain("bin");
      expect(await session.ours("images", "unmount", "--rm", target)).toEqual({ ...SUCCESS, stdout: `${target}\n` });
      expect(readMountinfo().some(({ mountPoint }) => mountPoint === target)).toBe(false);
      expect((await session.genuine("snapshots", "ls")).stdout).not.toContain(target);
      expect((await session.genuine("leases", "ls", "-q")).stdout).not.toContain(target);
    });

    test("are installed from: their programs, to the host", async () => {
      const target = join(session.place.dir, "opt");
      expect(await session.ours("install", "--path", target, BUSYBOX)).toEqual(SUCCESS);
      expect(readdirSync(target)).toEqual(["bin"]);
      expect(readdirSync(join(target, "bin"))).toContain("busybox");
      expect((await session.same("install", "--path", target, BUSYBOX)).stderr).toMatch(/^ctr: cannot replace bin\//);
      expect(await session.ours("install", "--replace", "--libs", "--path", target, BUSYBOX)).toEqual(SUCCESS);
    });

    test("are converted to what the genuine ctr makes of them", async () => {
      const archive = imageArchive("example.com/gz:1", gzipSync(busyboxTar(), { level: 1 }), {});
      await session.withInput(archive, "images", "import", "--no-unpack", "-");
      const flags = ["--oci", "--uncompress", "example.com/gz:1", "example.com/made:1"];
      const { stdout } = await session.same("images", "convert", ...flags);
      const { mediaType, layers } = JSON.parse((await session.ours("content", "get", stdout.trim())).stdout);
      expect([mediaType, layers[0].mediaType]).toEqual([OCI_MANIFEST, OCI_LAYER]);
      await session.ours("images", "rm", "--sync", "example.com/gz:1", "example.com/made:1");
    });

    test("lose the layers that have been unpacked, but no more", async () => {
      const manifest = await busyboxDigest();
      const { config, layers } = JSON.parse((await session.ours("content", "get", manifest)).stdout);
      const left = async () => (await session.ours("content", "ls", "-q")).stdout;
      const { stderr } = await session.ours("content", "prune", "references", "--dry");
      expect(stderr).toMatch(
        new RegExp(`msg="Removing label" digest="?${manifest}"? label=containerd.io/gc.ref.content.l.0`),
      );
      expect(await left()).toContain(layers[0].digest);
      expect(await session.ours("content", "prune", "references")).toEqual(SUCCESS);
      expect(await left()).not.toContain(layers[0].digest);
      expect(await left()).toContain(config.digest);
      await session.same("images", "check");
    });
  });

  test("namespaces, leases, plugins and content are printed as the genuine ctr prints them", async () => {
    expect(await session.ours("namespaces", "create", "eras", "a=b")).toEqual(SUCCESS);
    await session.same("namespaces", "ls");
    expect(await session.ours("namespaces", "label", "eras", "a=", "c=d")).toEqual(SUCCESS);
    await session.same("ns", "ls");
    await session.same("namespaces", "rm", "default");
    expect(await session.ours("namespaces", "rm", "eras")).toEqual({ ...SUCCESS, stdout: "eras\n" });
    expect(await session.ours("leases", "create", "--id", "l1", "-x", "1h", "a=b")).toEqual({
      ...SUCCESS,
      stdout: "l1\n",
    });
    await session.same("leases", "create", "--id", "l1");
    await session.same("leases", "ls");
    expect(await session.ours("leases", "rm", "l1")).toEqual({ ...SUCCESS, stdout: "l1\n" });
    await session.same("leases", "rm", "l1");
    await session.same("plugins", "ls");
    await session.same("content", "ls", "-q");
    const [config = ""] = (await session.ours("content", "ls", "-q")).stdout.split("\n");
    await session.same("content", "get", config);
    await session.same("content", "get", "nonsense");
    expect((await session.ours("version")).stdout).toMatch(/Client:[\s\S]*Server:\n {2}Version: {2}1\.6/);
  });

  test("content is edited into other content", async () => {
    const manifest = await busyboxDigest();
    const { stdout } = await session.ours("content", "edit", "--editor", "sed -i s/schemaVersion/eras/", manifest);
    const edited = (await session.ours("content", "get", manifest)).stdout.replace("schemaVersion", "eras");
    expect(stdout).toBe(`${sha256(edited)}\n`);
    await session.same("content", "edit", "--editor", "true", sha256("nothing"));
    expect(await session.ours("content", "edit", "--editor", "false", manifest)).toMatchObject({
      stdout: "",
      status: 1,
    });
  });

  test("layers are unpacked into snapshots", async () => {
    const digest = await busyboxDigest();
    await session.ours("snapshots", "--snapshotter", "native", "unpack", digest);
    expect((await session.genuine("snapshots", "--snapshotter", "native", "ls")).stdout).toContain("Committed");
    for (const wanted of [digest, sha256("nothing"), ""]) await session.same("snapshots", "unpack", wanted);
  });

  test("snapshots are made, shown, compared and removed", async () => {
    const [, parent = ""] = (await session.ours("snapshots", "ls")).stdout
      .split("\n")
      .map((line) => line.split(" ")[0]);
    expect(await session.ours("snapshots", "prepare", "k1", parent)).toEqual(SUCCESS);
    expect((await session.ours("snapshots", "view", "-t", "/mnt", "v1", parent)).stdout).toMatch(
      /^mount -t bind .* \/mnt -o ro/,
    );
    for (const args of [["ls"], ["tree"], ["mounts", "/mnt", "k1"], ["usage"], ["usage", "-b", "k1"], ["info", "k1"]])
      await session.same("snapshots", ...args);
    expect(await session.ours("snapshots", "commit", "c1", "k1")).toEqual(SUCCESS);
    expect((await session.ours("snapshots", "diff", "c1")).stdout.length).toBeGreaterThan(0);
    expect(await session.ours("snapshots", "rm", "v1", "c1")).toEqual(SUCCESS);
    await session.same("snapshots", "rm", "nosuch");
  });
});
