import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEV, inRootfs, makeBundle, PROC } from "../testsuite/in-rootfs.ts";

const MOUNTS = `readMountinfo().map(({ mountPoint }) => mountPoint)`;

describe("prepareRootfs() and pivotInto()", () => {
  test("leave nothing of the host in reach", () => {
    const bundle = makeBundle();
    writeFileSync(join(bundle.rootfs, "file"), "");
    const body = `report(fs.readdirSync("/..")); report(process.cwd()); report(${MOUNTS});`;
    const outcome = inRootfs(bundle, { mounts: [PROC] }, { body });
    expect(outcome).toEqual([["dev", "file", "proc"], "/", ["/", "/proc"]]);
  });

  test("hide the host's proc and sysfs where the root is moved and not pivoted", () => {
    const bundle = makeBundle();
    const body = `report(fs.readdirSync("/..")); report(${MOUNTS});
      report(fs.readFileSync("/proc/1/mountinfo", "utf8") === fs.readFileSync("/proc/self/mountinfo", "utf8"));
      report(readMountinfo().filter(({ type }) => type === "proc" || type === "sysfs").length);`;
    const outcome = inRootfs(bundle, { mounts: [PROC] }, { body, noPivot: true });
    expect(outcome).toEqual([["dev", "proc"], ["/", "/proc"], false, 1]);
  });

  test("furnish the host's own mount namespace, whose mounts stay shared, for a container that has none", () => {
    const bundle = makeBundle();
    const linux = { namespaces: [{ type: "pid" as const }] };
    const before = `const host = fs.openSync("/"); mount(null, "/", null, MS_SHARED | MS_REC, null);`;
    const body = `report(fs.existsSync("/dev/null"));
      process.chdir(\`/proc/self/fd/\${host}\`);
      chroot(".");
      report(["/", bundle.rootfs + "/proc", bundle.rootfs + "/dev"].map((path) => at(path).propagation[0].split(":")[0]));`;
    const outcome = inRootfs(bundle, { mounts: [PROC, DEV], linux }, { before, body });
    expect(outcome).toEqual([true, ["shared", "shared", "shared"]]);
  });

  test("put the container's null device where the host's was standard input", () => {
    const before = `const input = fs.openSync("/dev/null", "r"); dup2(input, 0); const device = () => fs.fstatSync(0).dev; report(device());`;
    const [host, container, own] = inRootfs(
      makeBundle(),
      { mounts: [DEV] },
      { before, body: `report(device()); report(fs.statSync("/dev").dev)` },
    );
    expect(container).not.toBe(host);
    expect(container).toBe(own);
  });
});

describe("finishRootfs()", () => {
  const WRITE = `for (const dir of ["/", "/dev", "/tmpfs"]) {
      try { fs.writeFileSync(dir + "/written", ""); report(dir) } catch ({ code }) { report(code) }
    }`;
  const tmpfs = { destination: "/tmpfs", type: "tmpfs", source: "tmpfs" };

  test("leaves writable what is not to be read-only", () => {
    expect(inRootfs(makeBundle(), { mounts: [DEV, tmpfs] }, { body: WRITE })).toEqual(["/", "/dev", "/tmpfs"]);
  });

  test("makes the root read-only, and the mounts that were written to until now", () => {
    const readonly = [
      { ...DEV, options: ["ro"] },
      { ...tmpfs, options: ["ro"] },
    ];
    const outcome = inRootfs(makeBundle(), { mounts: readonly, readonly: true }, { body: WRITE });
    expect(outcome).toEqual(["EROFS", "EROFS", "EROFS"]);
    expect(inRootfs(makeBundle(), { mounts: [DEV, tmpfs], readonly: true }, { body: WRITE })).toEqual([
      "EROFS",
      "/dev",
      "/tmpfs",
    ]);
  });
});

describe("rootfsPropagation", () => {
  /**
   * A host whose mounts are shared, and its volume in a container.
   *
   * @returns The propagation of the container's root and of the volume; how many mounts of the container the host sees.
   */
  function propagation(rootfsPropagation: string | undefined, options: string[] = []) {
    const bundle = makeBundle();
    const before = `
      mount("host", bundle.outside, "tmpfs", 0, null);
      mount(bundle.dir, bundle.dir, null, MS_BIND | MS_REC, null);
      mount(null, "/", null, MS_SHARED | MS_REC, null);
      const host = fs.openSync("/proc/self/ns/mnt");
      namespaces.unshare(namespaces.CLONE_NEWNS);`;
    const mounts = [{ destination: "/volume", source: bundle.outside, options: ["bind", ...options] }, PROC];
    const linux = rootfsPropagation === undefined ? {} : { rootfsPropagation };
    const body = `
      report(["/", "/volume"].map((path) => at(path).propagation.map((word) => word.split(":")[0]).join(" ")));
      namespaces.setns(host, namespaces.CLONE_NEWNS);
      report(readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(bundle.rootfs)).length);`;
    const [kinds, seen] = inRootfs(bundle, { mounts, linux }, { before, body });
    expect(seen).toBe(0);
    return kinds;
  }

  test("lets the host's mounts in, and keeps the container's from the host, if nothing else is said", () => {
    expect(propagation(undefined)).toEqual(["master", "master"]);
    expect(propagation("rslave")).toEqual(["master", "master"]);
  });

  test("cuts all ties", () => expect(propagation("rprivate")).toEqual(["", ""]));
  test("lets volumes stay peers of the host", () => {
    expect(propagation("shared")).toEqual(["shared", "shared"]);
  });
  test("forbids that the root is bound once more", () =>
    expect(propagation("runbindable")).toEqual(["unbindable", "unbindable"]));
  test("gives way to a volume's own", () => {
    expect(propagation(undefined, ["private"])).toEqual(["master", ""]);
    expect(propagation(undefined, ["rshared"])).toEqual(["master", "shared master"]);
  });
  test("has to be one of eight", () => {
    expect(inRootfs(makeBundle(), { linux: { rootfsPropagation: "none" } }, {})).toEqual([
      { error: expect.stringContaining("rootfsPropagation=none is not supported") },
    ]);
  });
});
