/** Attacks that have been made on runc. Each test fails without the defence that its vulnerability has led to. */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inRootfs, makeBundle, PROC, type TestBundle } from "../testsuite/in-rootfs.ts";

const NEW = { type: "ramfs", source: "attacked" };

/** Statements that do `change` right after the first successful call of `call` with `argument`: the worst moment for it. */
function rightAfter(call: string, argument: string, change: string): string {
  return `let changed = false;
    observeCalls((record) => {
      if (changed || record.call !== ${JSON.stringify(call)} || record.args[1] !== ${JSON.stringify(argument)}) return;
      if (record.result === -1) return;
      changed = true;
      ${change}
    });`;
}

/** Puts a link to the host's directory in the place of the directory `shared` of the rootfs. */
const EXCHANGE = `fs.renameSync(bundle.rootfs + "/shared", bundle.rootfs + "/before");
  fs.symlinkSync(bundle.outside, bundle.rootfs + "/shared");`;

function withShared(): TestBundle {
  const bundle = makeBundle();
  mkdirSync(join(bundle.rootfs, "shared/target"), { recursive: true });
  mkdirSync(join(bundle.outside, "target"));
  return bundle;
}

describe("CVE-2021-30465: a directory of the root is exchanged for a link to the host while it is mounted on", () => {
  const WHERE = `readMountinfo().filter(({ source, root }) => source === "attacked" || root === bundle.outside)`;
  const REPORT = `report(${WHERE}.map(({ mountPoint }) => mountPoint.replace(bundle.dir, "")));`;

  test("a new filesystem comes to lie where the path led when it was resolved", () => {
    const bundle = withShared();
    const attack = rightAfter("openat2", "/shared/target", EXCHANGE);
    const mounts = [{ ...NEW, destination: "/shared/target" }, PROC];
    const outcome = inRootfs(bundle, { mounts }, { before: attack, body: REPORT });
    expect(outcome).toEqual([["/before/target"]]);
  });

  test("so does a bind mount", () => {
    const bundle = withShared();
    writeFileSync(join(bundle.outside, "file"), "");
    const attack = rightAfter("openat2", "/shared/target", EXCHANGE);
    const mounts = [{ destination: "/shared/target", source: bundle.outside, options: ["bind", "ro"] }, PROC];
    const body = `report(fs.readdirSync("/before/target")); report(readMountinfo().map(({ mountPoint }) => mountPoint))`;
    expect(inRootfs(bundle, { mounts }, { before: attack, body })).toEqual([
      ["file", "target"],
      ["/", "/before/target", "/proc"],
    ]);
  });

  test("a target that is being made is made inside", () => {
    const bundle = withShared();
    const attack = rightAfter("openat2", "/shared", EXCHANGE);
    const mounts = [{ ...NEW, destination: "/shared/new" }, PROC];
    expect(inRootfs(bundle, { mounts }, { before: attack, body: REPORT })).toEqual([["/before/new"]]);
    expect(readdirSync(bundle.outside)).toEqual(["target"]);
  });

  test("a target that is moved out of the root at the last moment ends the init", () => {
    const alias = `fs.mkdirSync(bundle.dir + "/alias"); mount(bundle.dir, bundle.dir + "/alias", null, MS_BIND, null);`;
    const move = `fs.renameSync(bundle.dir + "/alias/rootfs/shared/target", bundle.dir + "/alias/outside/moved");`;
    const tmpfs = { type: "tmpfs", source: "tmpfs", options: ["mode=700"] };
    const bind = { source: "/usr", options: ["bind", "ro"] };
    const cases = [
      [tmpfs, rightAfter("openat2", "/shared/target", move)],
      [bind, rightAfter("mount_setattr", "", move)],
    ] as const;
    for (const [mount, attack] of cases) {
      const mounts = [{ ...mount, destination: "/shared/target" }];
      const outcome = inRootfs(withShared(), { mounts }, { before: `${alias}${attack}` });
      expect(outcome).toEqual([{ error: expect.stringContaining("possible breakout") }]);
    }
  });

  test("what a tmpfs begins with is not written elsewhere", () => {
    const bundle = withShared();
    writeFileSync(join(bundle.rootfs, "shared/target/file"), "");
    mkdirSync(join(bundle.rootfs, bundle.outside, "target"), { recursive: true });
    const mounts = [{ destination: "/shared/target", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"] }];
    const outcome = inRootfs(bundle, { mounts }, { before: rightAfter("openat2", "/shared/target", EXCHANGE) });
    expect(outcome).toEqual([{ error: expect.stringContaining("/shared/target was exchanged meanwhile") }]);
    expect(readdirSync(join(bundle.rootfs, bundle.outside, "target"))).toEqual([]);
  });

  test("links of the image lead inside", () => {
    const bundle = makeBundle();
    symlinkSync("/", join(bundle.rootfs, "host"));
    symlinkSync(bundle.outside, join(bundle.rootfs, "absolute"));
    const mounts = [{ ...NEW, destination: "/host/a" }, { ...NEW, destination: "/absolute/b" }, PROC];
    expect(inRootfs(bundle, { mounts }, { body: REPORT })).toEqual([["/a", expect.stringMatching(/\/outside\/b$/)]]);
    expect(existsSync(join(bundle.outside, "b"))).toBe(false);
  });
});

describe("CVE-2019-16884, CVE-2019-19921, CVE-2023-27561: /proc is not the kernel's", () => {
  test("a link in its place is refused", () => {
    for (const name of ["proc", "sys"]) {
      const bundle = makeBundle();
      mkdirSync(join(bundle.rootfs, "elsewhere"));
      rmSync(join(bundle.rootfs, name), { recursive: true, force: true });
      symlinkSync("elsewhere", join(bundle.rootfs, name));
      const type = name === "proc" ? "proc" : "sysfs";
      const [outcome] = inRootfs(bundle, { mounts: [{ destination: `/${name}`, type, source: type }] }, {});
      expect(outcome).toEqual({
        error: expect.stringContaining(`filesystem "${type}" must be mounted on ordinary directory`),
      });
    }
  });

  test("so is a volume over it", () => {
    const bundle = makeBundle();
    const volume = { destination: "/proc", source: bundle.outside, options: ["bind"] };
    const [outcome] = inRootfs(bundle, { mounts: [volume] }, {});
    expect(outcome).toEqual({ error: expect.stringContaining("cannot be mounted because it is not of type proc") });
    const proc = { destination: "/proc", source: "/proc", options: ["rbind"] };
    expect(inRootfs(bundle, { mounts: [proc] }, { body: `report(at("/proc").type)` })).toEqual(["proc"]);
  });

  test("and anything in it, by whichever path, but for what LXCFS shows", () => {
    const bundle = makeBundle();
    symlinkSync("/proc/self", join(bundle.rootfs, "link"));
    writeFileSync(join(bundle.outside, "file"), "faked");
    const file = { source: join(bundle.outside, "file"), options: ["bind"] };
    for (const destination of [
      "/proc/self/attr/exec",
      "/link/../sys/kernel/hostname",
      "/proc/sys/kernel/core_pattern",
    ]) {
      const [outcome] = inRootfs(bundle, { mounts: [PROC, { ...file, destination }] }, {});
      expect(outcome).toEqual({ error: expect.stringContaining("cannot be mounted because it is inside /proc") });
    }
    const inside = { ...NEW, destination: "/proc/self" };
    expect(inRootfs(bundle, { mounts: [PROC, inside] }, {})).toEqual([
      { error: expect.stringContaining("inside /proc") },
    ]);
    const allowed = [PROC, { ...file, destination: "/proc/uptime" }];
    expect(inRootfs(bundle, { mounts: allowed }, { body: `report(fs.readFileSync("/proc/uptime", "utf8"))` })).toEqual([
      "faked",
    ]);
  });
});
