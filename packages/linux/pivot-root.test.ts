import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";

const PREPARE = `
  import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
  import { CLONE_NEWNS, unshare } from "./namespaces.ts";
  import { MNT_DETACH, MS_PRIVATE, MS_REC, mount, umount } from "./mount.ts";
  import { readMountinfo } from "./mountinfo.ts";
  import { pivotRoot } from "./pivot-root.ts";
  unshare(CLONE_NEWNS);
  mount(null, "/", null, MS_PRIVATE | MS_REC, null);
  mount("tmpfs", "/tmp", "tmpfs", 0, null);
`;

describe("pivotRoot()", () => {
  test("makes a mount the root, and the old root can be unmounted", () => {
    const [above, root, mounts] = inChild(`
      ${PREPARE}
      writeFileSync("/tmp/only-file", "");
      mkdirSync("/tmp/proc");
      process.chdir("/tmp");
      pivotRoot(".", ".");
      umount(".", MNT_DETACH);
      process.chdir("/");
      report(readdirSync("/.."));
      mount("proc", "/proc", "proc", 0, null);
      report(readlinkSync("/proc/self/root"));
      report(readMountinfo().map(({ mountPoint }) => mountPoint));
    `);
    expect(above).toEqual(["only-file", "proc"]);
    expect(root).toBe("/");
    expect(mounts).toEqual(["/", "/proc"]);
  });

  test("puts the old root into a directory of the new one", () => {
    const [old] = inChild(`
      ${PREPARE}
      mkdirSync("/tmp/old");
      pivotRoot("/tmp", "/tmp/old");
      report(readdirSync("/old"));
    `);
    expect(old).toEqual(expect.arrayContaining(["etc", "proc", "usr"]));
  });

  test("refuses a directory that is no mount point", () => {
    const pivot = () =>
      inChild(`${PREPARE} mkdirSync("/tmp/a/b", { recursive: true }); pivotRoot("/tmp/a", "/tmp/a/b");`);
    expect(pivot).toThrow("pivot_root /tmp/a: EINVAL");
  });
});
