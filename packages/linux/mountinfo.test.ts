import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import { isMountPoint, parseMountinfo, readMountinfo } from "./mountinfo.ts";

const LINE = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue\n";

describe("parseMountinfo()", () => {
  test("reads the example of proc(5)", () => {
    expect(parseMountinfo(LINE)).toEqual([
      {
        id: 36,
        parentId: 35,
        device: "98:0",
        root: "/mnt1",
        mountPoint: "/mnt2",
        options: ["rw", "noatime"],
        propagation: ["master:1", "propagate_from:2"],
        type: "ext3",
        source: "/dev/root",
        superOptions: ["rw", "errors=continue"],
      },
    ]);
  });

  test("reads a private mount, which has no propagation fields", () => {
    expect(parseMountinfo("1 0 0:1 / / rw - rootfs none rw")[0]).toMatchObject({ propagation: [], type: "rootfs" });
  });

  test("takes a path named - for a path", () => {
    expect(parseMountinfo("1 0 0:1 - - rw - tmpfs - rw")[0]).toMatchObject({ mountPoint: "-", type: "tmpfs" });
  });

  test("turns octal numbers back into characters", () => {
    const [mount] = parseMountinfo("1 0 0:1 /a\\134b /tab\\011nl\\012sp\\040hash\\043 rw - tmpfs x\\040y rw");
    expect(mount).toMatchObject({ root: "/a\\b", mountPoint: "/tab\tnl\nsp hash#", source: "x y" });
  });

  test("refuses a line that is cut off", () => {
    expect(() => parseMountinfo("36 35 98:0 /mnt1 /mnt2 rw - ext3")).toThrow("Cannot parse mountinfo line");
  });
});

describe("readMountinfo()", () => {
  test("lists this process's mounts, each below one that it lists, but the root", () => {
    const mounts = readMountinfo();
    expect(mounts.find(({ mountPoint }) => mountPoint === "/proc")).toMatchObject({ type: "proc", root: "/" });
    const ids = new Set(mounts.map(({ id }) => id));
    expect(mounts.filter(({ parentId }) => !ids.has(parentId)).map(({ mountPoint }) => mountPoint)).toEqual(["/"]);
  });

  test("gives names as they are, however strange", () => {
    const [mount, found] = inChild(`
      import { mkdirSync } from "node:fs";
      import { CLONE_NEWNS, unshare } from "./namespaces.ts";
      import { MS_PRIVATE, MS_REC, mount } from "./mount.ts";
      import { isMountPoint, readMountinfo } from "./mountinfo.ts";
      unshare(CLONE_NEWNS);
      mount(null, "/", null, MS_PRIVATE | MS_REC, null);
      mount("tmpfs", "/tmp", "tmpfs", 0, null);
      mkdirSync("/tmp/ä \\n\\t\\\\#");
      mount("sour ce", "/tmp/ä \\n\\t\\\\#", "tmpfs", 0, null);
      report(readMountinfo().at(-1));
      report(isMountPoint("/tmp/ä \\n\\t\\\\#"));
    `);
    expect(mount).toMatchObject({ mountPoint: "/tmp/ä \n\t\\#", source: "sour ce" });
    expect(found).toBe(true);
  });
});

describe("isMountPoint()", () => {
  test("is true of a mount only", () => {
    expect(isMountPoint("/proc")).toBe(true);
    expect(isMountPoint("/proc/../proc/")).toBe(true);
    expect(isMountPoint("/proc/sys/kernel")).toBe(false);
    expect(isMountPoint("/no/such/file")).toBe(false);
  });
});
