import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import { kernelHasFilesystem } from "./mount-fd.ts";

/** Runs `source` in a mount namespace of its own, with an empty tmpfs as working directory. */
function inMountNamespace(source: string): unknown[] {
  return inChild(`
    import * as fs from "node:fs";
    import { CLONE_NEWNS, unshare } from "./namespaces.ts";
    import { readMountinfo } from "./mountinfo.ts";
    import { MS_PRIVATE, MS_REC, MS_SHARED, mount } from "./mount.ts";
    import * as m from "./mount-fd.ts";
    import { AT_EMPTY_PATH, AT_FDCWD } from "./open.ts";
    unshare(CLONE_NEWNS);
    mount(null, "/", null, MS_PRIVATE | MS_REC, null);
    mount("tmpfs", "/tmp", "tmpfs", 0, null);
    process.chdir("/tmp");
    fs.mkdirSync("a");
    fs.mkdirSync("b");
    const at = (path) => readMountinfo().findLast(({ mountPoint }) => mountPoint === "/tmp/" + path);
    const place = (fd, path) => m.moveMount(fd, "", AT_FDCWD, path, m.MOVE_MOUNT_F_EMPTY_PATH);
    ${source}
  `);
}

describe("fsopen(), fsmount() and moveMount()", () => {
  test("make a mount step by step", () => {
    const [before, info] = inMountNamespace(`
      const fsFd = m.fsopen("tmpfs");
      m.fsconfigSetString(fsFd, "source", "nothing");
      m.fsconfigSetString(fsFd, "size", "64k");
      m.fsconfigSetFlag(fsFd, "ro");
      m.fsconfigCreate(fsFd);
      const mountFd = m.fsmount(fsFd, m.MOUNT_ATTR_NODEV);
      report(at("a") === undefined);
      place(mountFd, "a");
      report(at("a"));
    `);
    expect(before).toBe(true);
    expect(info).toMatchObject({ type: "tmpfs", source: "nothing", options: expect.arrayContaining(["nodev"]) });
    expect(info).toMatchObject({ superOptions: expect.arrayContaining(["ro", "size=64k"]) });
  });

  test("take more layers than fit in the page of options that mount(2) has", () => {
    const [top, count] = inMountNamespace(`
      const layers = Array.from({ length: 150 }, (_, i) => "/tmp/" + "layer".padEnd(60, "-") + i);
      for (const [i, layer] of layers.entries()) {
        fs.mkdirSync(layer);
        fs.writeFileSync(layer + "/top", String(i));
        fs.writeFileSync(layer + "/file-" + i, "");
      }
      const fsFd = m.fsopen("overlay");
      for (const layer of layers) m.fsconfigSetString(fsFd, "lowerdir+", layer);
      m.fsconfigCreate(fsFd);
      place(m.fsmount(fsFd), "a");
      report(fs.readFileSync("a/top", "utf8"));
      report(fs.readdirSync("a").length);
    `);
    expect([top, count]).toEqual(["0", 151]);
  });
});

describe("kernelHasFilesystem()", () => {
  test("finds what /proc/filesystems lists", () => expect(kernelHasFilesystem("overlay")).toBe(true));
  test("and nothing else", () => expect(kernelHasFilesystem("nosuchfs")).toBe(false));

  test("finds aufs exactly where the kernel lists it", () => {
    expect(kernelHasFilesystem("aufs")).toBe(/\taufs$/m.test(readFileSync("/proc/filesystems", "utf8")));
  });
});

describe("fsMessages()", () => {
  test("tells why an option was refused", () => {
    const [error, messages, none] = inMountNamespace(`
      const fsFd = m.fsopen("tmpfs");
      try { m.fsconfigSetString(fsFd, "colour", "red") } catch ({ message }) { report(message) }
      report(m.fsMessages(fsFd));
      report(m.fsMessages(fsFd));
    `);
    expect(error).toBe("fsconfig colour: EINVAL");
    expect(messages).toEqual([expect.stringMatching(/^e tmpfs: .*colour/)]);
    expect(none).toEqual([]);
  });
});

describe("openTree()", () => {
  test("copies a mount, which then gets a place and attributes of its own", () => {
    const [original, copy] = inMountNamespace(`
      mount("x", "a", "tmpfs", 0, null);
      const tree = m.openTree(AT_FDCWD, "a", m.OPEN_TREE_CLONE);
      m.mountSetattr(tree, "", AT_EMPTY_PATH, { set: m.MOUNT_ATTR_RDONLY | m.MOUNT_ATTR_NOEXEC });
      place(tree, "b");
      report(at("a").options);
      report(at("b").options);
    `);
    expect(original).toContain("rw");
    expect(copy).toEqual(expect.arrayContaining(["ro", "noexec"]));
  });
});

describe("mountSetattr()", () => {
  test("changes a mount and all below at once, and back", () => {
    const values = inMountNamespace(`
      mount("x", "a", "tmpfs", 0, null);
      fs.mkdirSync("a/below");
      mount("x", "a/below", "tmpfs", 0, null);
      m.mountSetattr(AT_FDCWD, "a", m.AT_RECURSIVE, { set: m.MOUNT_ATTR_RDONLY, propagation: MS_SHARED });
      report([at("a"), at("a/below")].map(({ options, propagation }) => [options[0], propagation.length]));
      m.mountSetattr(AT_FDCWD, "a", m.AT_RECURSIVE, { clear: m.MOUNT_ATTR_RDONLY });
      report([at("a"), at("a/below")].map(({ options }) => options[0]));
    `);
    expect(values).toEqual([[["ro", 1], ["ro", 1]], ["rw", "rw"]]); // biome-ignore format: two by two
  });

  test("shows owners as a user namespace maps them", () => {
    const [mapped, original] = inMountNamespace(`
      import { createUserNamespace } from "./user-namespace.ts";
      const ids = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
      const { path, close } = createUserNamespace(ids, ids);
      fs.writeFileSync("a/file", "");
      const tree = m.openTree(AT_FDCWD, "a", m.OPEN_TREE_CLONE);
      const userNamespaceFd = fs.openSync(path);
      m.mountSetattr(tree, "", AT_EMPTY_PATH, { set: m.MOUNT_ATTR_IDMAP, userNamespaceFd });
      place(tree, "b");
      close();
      report(fs.statSync("b/file").uid);
      report(fs.statSync("a/file").uid);
    `);
    expect([mapped, original]).toEqual([100_000, 0]);
  });
});
