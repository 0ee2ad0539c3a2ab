import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import {
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_SHARED,
  MS_SLAVE,
  MS_STRICTATIME,
  mount,
  parseMountOptions,
  umount,
} from "./mount.ts";

/** Runs `source` in a mount namespace of its own, with an empty tmpfs as working directory. */
function inMountNamespace(source: string): unknown[] {
  return inChild(`
    import * as fs from "node:fs";
    import { CLONE_NEWNS, unshare } from "./namespaces.ts";
    import { readMountinfo } from "./mountinfo.ts";
    import * as m from "./mount.ts";
    const { mount, umount } = m;
    unshare(CLONE_NEWNS);
    mount(null, "/", null, m.MS_PRIVATE | m.MS_REC, null);
    mount("tmpfs", "/tmp", "tmpfs", 0, null);
    process.chdir("/tmp");
    fs.mkdirSync("a");
    fs.mkdirSync("b");
    const at = (path) => readMountinfo().findLast(({ mountPoint }) => mountPoint === "/tmp/" + path);
    ${source}
  `);
}

describe("mount()", () => {
  test("mounts a filesystem with flags and data", () => {
    const [info] = inMountNamespace(`
      mount("nothing", "a", "tmpfs", m.MS_NOSUID | m.MS_NODEV, "size=64k,mode=700");
      report(at("a"));
    `);
    expect(info).toMatchObject({ type: "tmpfs", source: "nothing", mountPoint: "/tmp/a" });
    expect(info).toMatchObject({ options: expect.arrayContaining(["rw", "nosuid", "nodev"]) });
    expect(info).toMatchObject({ superOptions: expect.arrayContaining(["size=64k", "mode=700"]) });
  });

  test("makes a read-only view of a directory in two calls", () => {
    const [ignored, error, content] = inMountNamespace(`
      fs.writeFileSync("a/file", "seen");
      mount("a", "b", null, m.MS_BIND | m.MS_RDONLY, null);
      report(at("b").options.includes("ro"));
      mount(null, "b", null, m.MS_REMOUNT | m.MS_BIND | m.MS_RDONLY, null);
      try { fs.writeFileSync("b/file", "") } catch ({ code }) { report(code) }
      report(fs.readFileSync("b/file", "utf8"));
    `);
    expect([ignored, error, content]).toEqual([false, "EROFS", "seen"]);
  });

  test("changes propagation", () => {
    const [shared, slave] = inMountNamespace(`
      mount("x", "a", "tmpfs", 0, null);
      mount(null, "a", null, m.MS_SHARED, null);
      report(at("a").propagation);
      mount("a", "b", null, m.MS_BIND, null);
      mount(null, "b", null, m.MS_SLAVE, null);
      report(at("b").propagation);
    `) as string[][];
    expect(shared).toEqual([expect.stringMatching(/^shared:\d+$/)]);
    expect(slave).toEqual([expect.stringMatching(/^master:\d+$/)]);
  });

  test("names the target in its error", () => {
    expect(() => mount("none", "/nowhere", "tmpfs", 0, null)).toThrow("mount /nowhere: ENOENT");
    expect(() => mount("none", "/proc", "no-such-filesystem", 0, null)).toThrow("mount /proc: ENODEV");
  });
});

describe("umount()", () => {
  test("uncovers what lies below", () => {
    const [covered, uncovered] = inMountNamespace(`
      fs.writeFileSync("a/below", "");
      mount("x", "a", "tmpfs", 0, null);
      report(fs.readdirSync("a"));
      umount("a");
      report(fs.readdirSync("a"));
    `);
    expect([covered, uncovered]).toEqual([[], ["below"]]);
  });

  test("refuses a mount in use, unless it may be detached", () => {
    const [error, open, gone] = inMountNamespace(`
      mount("x", "a", "tmpfs", 0, null);
      fs.writeFileSync("a/file", "still here");
      const fd = fs.openSync("a/file");
      try { umount("a") } catch ({ code }) { report(code) }
      umount("a", m.MNT_DETACH);
      report(fs.readFileSync(fd, "utf8"));
      report(fs.existsSync("a/file"));
    `);
    expect([error, open, gone]).toEqual(["EBUSY", "still here", false]);
  });

  test("refuses a place where nothing is mounted", () => {
    expect(() => umount(import.meta.dirname)).toThrow(`umount2 ${import.meta.dirname}: EINVAL`);
  });
});

describe("parseMountOptions()", () => {
  test("tells flags from the filesystem's own options", () => {
    expect(parseMountOptions("ro,nosuid,size=64k,nodev,mode=700")).toEqual({
      flags: MS_RDONLY | MS_NOSUID | MS_NODEV,
      clear: 0,
      propagation: [],
      data: "size=64k,mode=700",
    });
  });

  test("gives propagation as calls of their own, in order", () => {
    expect(parseMountOptions("rbind,rslave,shared")).toMatchObject({
      flags: MS_BIND | MS_REC,
      propagation: [MS_SLAVE | MS_REC, MS_SHARED],
      data: "",
    });
    expect(parseMountOptions("private").propagation).toEqual([MS_PRIVATE]);
  });

  test("lets the last of two contradicting words count", () => {
    expect(parseMountOptions("ro,rw")).toMatchObject({ flags: 0, clear: MS_RDONLY });
    expect(parseMountOptions("rw,ro")).toMatchObject({ flags: MS_RDONLY, clear: 0 });
    expect(parseMountOptions("strictatime,relatime").flags).toBe(MS_RELATIME);
    expect(parseMountOptions("relatime,strictatime").flags).toBe(MS_STRICTATIME);
  });

  test("asks for nothing with defaults", () => {
    const nothing = { flags: 0, clear: 0, propagation: [], data: "" };
    expect(parseMountOptions("defaults")).toEqual(nothing);
    expect(parseMountOptions("")).toEqual(nothing);
  });
});
