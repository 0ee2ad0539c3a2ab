import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LinuxIDMapping } from "@eras/oci-spec/runtime/config-linux.ts";
import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { makeBundle, PROC, type TestBundle, type TestSpec, testSpec } from "../testsuite/in-rootfs.ts";
import { missing, OURS, runtime } from "../testsuite/on-bundle.ts";

const IMPORTS = `
import { closeSync, readFileSync, readSync, statSync, writeFileSync } from "node:fs";
import { MS_NODEV, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, mount } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { CLONE_NEWNS, CLONE_NEWUSER, unshare } from "@eras/linux/namespaces.ts";
import { pipe } from "@eras/linux/pipe.ts";
import { writeIdMaps } from "@eras/linux/user-namespace.ts";
import { openMountSources } from "./rootfs/mount-sources.ts";
import { finishRootfs, pivotInto, prepareRootfs } from "./rootfs/rootfs.ts";
`;

const MAPPING: LinuxIDMapping = { containerID: 0, hostID: 100_000, size: 65_536 };
const USER_NAMESPACE = {
  namespaces: [{ type: "mount" as const }, { type: "user" as const }],
  uidMappings: [MAPPING],
  gidMappings: [MAPPING],
};

/** Opens the sources on the host, enters a user namespace if the specification has one, and does what the init does. */
function inContainer(
  bundle: TestBundle,
  wanted: TestSpec,
  { before = "", inside = "", body = "" }: { before?: string; inside?: string; body?: string },
): unknown[] {
  const spec = testSpec(bundle, wanted);
  const enter = `
    const [entered, mapped] = [pipe(), pipe()];
    const child = fork();
    if (child !== 0) {
      readSync(entered.readEnd, Buffer.alloc(1));
      const mapping = [{ containerId: 0, hostId: 100000, size: 65536 }];
      writeIdMaps(child, mapping, mapping);
      closeSync(mapped.writeEnd);
      waitpid(child);
      _exit(0);
    }
    closeSync(mapped.writeEnd);
    unshare(CLONE_NEWUSER);
    writeSync(entered.writeEnd, "x");
    readSync(mapped.readEnd, Buffer.alloc(1));
    process.setgroups([]); process.setgid(0); process.setuid(0);`;
  return inFork(
    IMPORTS,
    `const spec = ${JSON.stringify(spec)};
    const bundle = ${JSON.stringify(bundle)};
    unshare(CLONE_NEWNS);
    mount(null, "/", null, MS_PRIVATE | MS_REC, null);
    ${before}
    const mountSources = openMountSources({ spec, bundle: bundle.dir, rootfs: bundle.rootfs }, () => {});
    report(mountSources.size);
    ${wanted.linux === USER_NAMESPACE ? enter : ""}
    unshare(CLONE_NEWNS);
    ${inside}
    const plan = { spec, rootfs: bundle.rootfs, bundle: bundle.dir, mountSources, cgroupPaths: {}, noPivot: false };
    prepareRootfs(plan);
    pivotInto(plan);
    finishRootfs(spec);
    const at = (path) => readMountinfo().findLast(({ mountPoint }) => mountPoint === path);
    ${body}`,
  );
}

/** A bundle that root of the user namespace may use, and a volume's file of user 5. */
function makeMappedBundle(): TestBundle {
  const bundle = makeBundle();
  for (const dir of [bundle.dir, bundle.rootfs, join(bundle.rootfs, "proc")]) chownSync(dir, 100_000, 100_000);
  writeFileSync(join(bundle.outside, "file"), "content");
  chownSync(join(bundle.outside, "file"), 5, 6);
  return bundle;
}

const OWNER = `{ const { uid, gid } = statSync("/volume/file"); report([uid, gid]); }`;
const volume = (bundle: TestBundle, ...options: string[]) => ({
  destination: "/volume",
  source: bundle.outside,
  options: ["bind", ...options],
});

describe("openMountSources()", () => {
  test("opens nothing where the init can do it", () => {
    const bundle = makeBundle();
    expect(inContainer(bundle, { mounts: [volume(bundle), PROC] }, {})).toEqual([0]);
  });

  test("reaches sources that root of the user namespace can't", () => {
    const bundle = makeMappedBundle();
    const hidden = join(bundle.outside, "hidden");
    mkdirSync(hidden, { mode: 0o700 });
    writeFileSync(join(hidden, "file"), "reached");
    const mounts = [{ ...volume(bundle, "ro"), source: join(hidden, "file"), destination: "/file" }];
    const body = `report(readFileSync("/file", "utf8")); try { writeFileSync("/file", "") } catch ({ code }) { report(code) }`;
    expect(inContainer(bundle, { mounts, linux: USER_NAMESPACE }, { body })).toEqual([1, "reached", "EROFS"]);
  });

  test("lets locked flags of the host's mount stay, whatever the words say nothing of", () => {
    const bundle = makeMappedBundle();
    const before = `mount("v", bundle.outside, "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, "mode=755");`;
    const copied = `mountSources.clear();`; // what the init copies itself has its flags locked by the kernel
    const options = (inside: string, ...words: string[]) => {
      const mounts = [volume(bundle, ...words), { destination: "/proc", source: "/proc", options: ["rbind"] }];
      const body = `report(at("/volume").options);`;
      return inContainer(bundle, { mounts, linux: USER_NAMESPACE }, { before, inside, body });
    };
    for (const inside of [copied, ""]) {
      expect(options(inside, "noexec", "rw")).toEqual([2, ["ro", "nosuid", "nodev", "noexec", "relatime"]]);
      const refused = [2, { error: expect.stringContaining("operation not permitted") }];
      expect(options(inside, "noexec", "suid")).toEqual(refused);
      expect(options(inside, "noatime")).toEqual(refused);
    }
  });
});

test.skipIf(missing)(
  `sources in the container's root are what entries before have mounted there${missing ? ` (needs ${missing})` : ""}`,
  () => {
    const { bundle, call, id } = runtime(OURS, (spec) => ({
      ...spec,
      process: { ...spec.process!, args: ["busybox", "stat", "-c", "%u", "/plain/file", "/mapped/file"] },
      linux: {
        ...spec.linux,
        namespaces: [...spec.linux!.namespaces!, { type: "user" }],
        uidMappings: [MAPPING],
        gidMappings: [MAPPING],
      },
      mounts: [
        ...spec.mounts!,
        { destination: "/mnt", source: "volume", options: ["bind"] },
        { destination: "/plain", source: "rootfs/mnt", options: ["bind"] },
        { destination: "/mapped", source: "rootfs/mnt", options: ["bind", "idmap"] },
      ],
    }));
    const inBundle = (path: string) => join(bundle, path);
    for (const path of ["volume", "rootfs/mnt"]) mkdirSync(inBundle(path));
    writeFileSync(inBundle("volume/file"), "");
    chownSync(inBundle("volume/file"), 5, 6);
    for (const path of [dirname(bundle), bundle]) chmodSync(path, 0o711);
    chownSync(inBundle("rootfs"), MAPPING.hostID, MAPPING.hostID);
    expect(call("run", "-b", bundle, id)).toMatchObject({ stderr: "", stdout: "65534\n5\n" });
  },
);

describe("id-mapped mounts", () => {
  test("show owners as the container's user namespace has them", () => {
    const bundle = makeMappedBundle();
    const plain = inContainer(bundle, { mounts: [volume(bundle)], linux: USER_NAMESPACE }, { body: OWNER });
    expect(plain).toEqual([1, [65_534, 65_534]]);
    const mapped = inContainer(bundle, { mounts: [volume(bundle, "idmap")], linux: USER_NAMESPACE }, { body: OWNER });
    expect(mapped).toEqual([1, [5, 6]]);
  });

  test("show owners by mappings of their own, without a user namespace too", () => {
    const bundle = makeMappedBundle();
    const mappings = {
      uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
      gidMappings: [{ containerID: 0, hostID: 2000, size: 10 }],
    };
    const mounts = [{ ...volume(bundle), ...mappings }];
    expect(inContainer(bundle, { mounts }, { body: OWNER })).toEqual([1, [1005, 2006]]);
    const plain = { ...volume(bundle), destination: "/plain" };
    const again = { ...volume(bundle), source: join(bundle.rootfs, "plain"), ...mappings }; // what the entry before it has mounted
    expect(inContainer(bundle, { mounts: [plain, again] }, { body: OWNER })).toEqual([1, [1005, 2006]]);
  });

  test("are recursive only if that is asked for", () => {
    const bundle = makeMappedBundle();
    mkdirSync(join(bundle.outside, "below"));
    const before = `mount("v", bundle.outside + "/below", "tmpfs", 0, "uid=5,gid=6");`;
    const body = `report(statSync("/volume/below").uid);`;
    const below = (word: string) =>
      inContainer(bundle, { mounts: [volume(bundle, "rbind", word)], linux: USER_NAMESPACE }, { before, body })[1];
    expect(below("idmap")).toBe(65_534);
    expect(below("ridmap")).toBe(5);
  });

  test("need mappings, and a bind mount", () => {
    const bundle = makeMappedBundle();
    const fails = (mount: object) => inContainer(bundle, { mounts: [{ ...volume(bundle, "idmap"), ...mount }] }, {});
    expect(fails({})).toEqual([{ error: expect.stringContaining("id-mapped mounts need mappings") }]);
    expect(fails({ type: "tmpfs", options: ["idmap"] })).toEqual([
      { error: expect.stringContaining("id-mapped mounts are only supported for bind-mounts") },
    ]);
  });
});
