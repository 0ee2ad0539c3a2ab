import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LinuxDevice } from "@eras/oci-spec/runtime/config-linux.ts";
import { describe, expect, test } from "vitest";
import { DEV, inRootfs, makeBundle, PROC } from "../testsuite/in-rootfs.ts";

const LIST = `report(fs.readdirSync("/dev").sort());`;
const DEFAULTS = ["full", "null", "random", "tty", "urandom", "zero"];
const LINKS = ["fd", "ptmx", "stderr", "stdin", "stdout"];

/** Mode, numbers and owner of a node. */
const node = (path: string) => `{
  const { mode, rdev, uid, gid } = fs.lstatSync("${path}");
  report([mode.toString(8), rdev.toString(16), uid, gid]);
}`;

describe("createDevices() and linkDevices()", () => {
  test("make what every program counts on", () => {
    const body = `${LIST} ${node("/dev/null")} ${node("/dev/tty")}
      report(["fd", "ptmx", "stdin"].map((name) => fs.readlinkSync("/dev/" + name)));`;
    expect(inRootfs(makeBundle(), { mounts: [PROC, DEV] }, { body: `process.umask(0o77); ${body}` })).toEqual([
      expect.arrayContaining([...DEFAULTS, ...LINKS]),
      ["20666", "103", 0, 0],
      ["20666", "500", 0, 0],
      ["/proc/self/fd", "pts/ptmx", "/proc/self/fd/0"],
    ]);
  });

  test("make the configuration's devices, with modes and owners", () => {
    const devices: LinuxDevice[] = [
      { path: "/dev/fuse", type: "c", major: 10, minor: 229 },
      { path: "/deep/er/loop", type: "b", major: 7, minor: 300, fileMode: 0o60640, uid: 3, gid: 4 },
      { path: "/dev/fifo", type: "p", fileMode: 0o600 },
      { path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 0o600 },
      { path: "/dev/ptmx", type: "c", major: 5, minor: 2 },
    ];
    const body = `${devices.map(({ path }) => node(path)).join("")} process.umask(0);`;
    expect(inRootfs(makeBundle(), { mounts: [DEV], linux: { devices } }, { body })).toEqual([
      ["20666", "ae5", 0, 0],
      ["60640", "10072c", 3, 4],
      ["10600", "0", 0, 0],
      ["20600", "103", 0, 0],
      ["120777", "0", 0, 0], // a link
    ]);
  });

  test("take an image's nodes, if they are right", () => {
    const bundle = makeBundle();
    const before = `fs.mkdirSync(bundle.rootfs + "/dev"); mknod(bundle.rootfs + "/dev/zero", 0o20640, makedev(1, 5));`;
    expect(inRootfs(bundle, {}, { before, body: node("/dev/zero") })).toEqual([["20640", "105", 0, 0]]);
    const wrong = `mknod(bundle.rootfs + "/dev/full", 0o20666, makedev(1, 1));`;
    const remove = `fs.rmSync(bundle.rootfs + "/dev/full");`;
    expect(inRootfs(bundle, {}, { before: `${remove}${wrong}` })).toEqual([
      { error: expect.stringContaining("Cannot make /dev/full: there is a file already that is not device c 1:7") },
    ]);
  });

  test("leave what a mount has put in the place of one", () => {
    const bundle = makeBundle();
    const mounts = [DEV, { destination: "/dev/random", source: "/dev/urandom", options: ["bind"] }];
    expect(inRootfs(bundle, { mounts }, { body: node("/dev/random") })).toEqual([["20666", "109", 0, 0]]);
  });

  test("leave a /dev of the host alone", () => {
    const bundle = makeBundle();
    writeFileSync(join(bundle.outside, "only"), "");
    const mounts = [{ destination: "/dev/", source: bundle.outside, options: ["bind"] }];
    expect(inRootfs(bundle, { mounts }, { body: LIST })).toEqual([["only"]]);
  });

  test("stay inside, wherever links of the image point", () => {
    const bundle = makeBundle();
    mkdirSync(join(bundle.outside, "dev"));
    symlinkSync(join(bundle.outside, "dev"), join(bundle.rootfs, "dev"));
    inRootfs(bundle, {}, {});
    expect(inRootfs(bundle, {}, { body: `report(fs.existsSync("/dev/null"))` })).toEqual([true]);
    const outside = `report(fs.readdirSync(bundle.outside + "/dev"));`;
    expect(inRootfs(bundle, {}, { before: outside })).toEqual([[]]);
  });

  test("show the host's nodes in a user namespace, after a look at them", () => {
    const linux = { namespaces: [{ type: "mount" as const }, { type: "user" as const }] };
    const body = `report([at("/dev/null").root, fs.statSync("/dev/null").ino]);`;
    const shown = inRootfs(makeBundle(), { mounts: [PROC, DEV], linux }, { body });
    expect(shown).toEqual([[expect.stringMatching(/null$/), statSync("/dev/null").ino]]);
    const device: LinuxDevice = { path: "/dev/zero", type: "c", major: 1, minor: 3 };
    expect(inRootfs(makeBundle(), { mounts: [DEV], linux: { ...linux, devices: [device] } }, {})).toEqual([
      { error: "error creating device nodes: Cannot show the host's /dev/zero: it is not device c 1:3" },
    ]);
  });
});
