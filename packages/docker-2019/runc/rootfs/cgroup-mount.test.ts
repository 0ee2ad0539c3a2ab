import { readFileSync } from "node:fs";
import { cgroupMode } from "@eras/cgroups/detect.ts";
import { describe, expect, test } from "vitest";
import { inRootfs, makeBundle, PROC } from "../testsuite/in-rootfs.ts";

const CGROUP = {
  destination: "/sys/fs/cgroup",
  type: "cgroup",
  source: "cgroup",
  options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
};
const MOUNTS = [PROC, { destination: "/sys", type: "sysfs", source: "sysfs" }, CGROUP];

const VIEW = `report(readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith("/sys/fs/cgroup"))
  .map(({ mountPoint, root, type, source, options }) => [mountPoint, root, type, source, options.slice(0, 2).join()]));`;

/** Our own cgroup in each tree of v1, in the order of the host's mounts. */
function ownTrees(): { name: string; own: string }[] {
  const own = readFileSync("/proc/self/cgroup", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(":"));
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(" - cgroup "))
    .map((line) => line.split(" ")[4]!.split("/").at(-1)!)
    .map((name) => ({ name, own: own.find(([, tree]) => tree === name || tree === `name=${name}`)![2]! }));
}

describe.skipIf(cgroupMode() === "v2")("the view of v1 and hybrid", () => {
  const tmpfs = ["/sys/fs/cgroup", "/", "tmpfs", "tmpfs", "rw,nosuid"];

  test("shows the container's own cgroup in each tree", () => {
    const trees = ownTrees().map(({ name, own }) => [`/sys/fs/cgroup/${name}`, own, "cgroup", "cgroup", "ro,nosuid"]);
    expect(inRootfs(makeBundle(), { mounts: MOUNTS }, { body: VIEW })).toEqual([[tmpfs, ...trees]]);
  });

  test("shows the trees from there in a cgroup namespace", () => {
    const linux = { namespaces: [{ type: "mount" as const }, { type: "cgroup" as const }] };
    const trees = ownTrees().map(({ name }) => {
      return [`/sys/fs/cgroup/${name}`, "/", "cgroup", name === "systemd" ? name : "cgroup", "ro,nosuid"];
    });
    const before = "namespaces.unshare(namespaces.CLONE_NEWCGROUP);";
    expect(inRootfs(makeBundle(), { mounts: MOUNTS, linux }, { before, body: VIEW })).toEqual([[tmpfs, ...trees]]);
  });

  test("has a link for each controller of a tree that has several", () => {
    const before = `umount("/sys/fs/cgroup", MNT_DETACH); mount("c", "/sys/fs/cgroup", "tmpfs", 0, null);
      fs.mkdirSync("/sys/fs/cgroup/net_cls,net_prio");
      mount("cgroup", "/sys/fs/cgroup/net_cls,net_prio", "cgroup", 0, "net_cls,net_prio");`;
    const body = `${VIEW} report(["net_cls", "net_prio"].map((name) => fs.readlinkSync("/sys/fs/cgroup/" + name)));`;
    expect(inRootfs(makeBundle(), { mounts: MOUNTS }, { before, body })).toEqual([
      [tmpfs, ["/sys/fs/cgroup/net_cls,net_prio", "/", "cgroup", "cgroup", "ro,nosuid"]],
      ["net_cls,net_prio", "net_cls,net_prio"],
    ]);
  });
});

describe("the view of v2", () => {
  /** Our mount namespace is that of a host with v2 alone. */
  const V2 = `umount("/sys/fs/cgroup", MNT_DETACH); mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, null);`;

  test("is the tree", () => {
    expect(inRootfs(makeBundle(), { mounts: MOUNTS }, { before: V2, body: VIEW })).toEqual([
      [["/sys/fs/cgroup", "/", "cgroup2", "cgroup", "ro,nosuid"]],
    ]);
  });

  test("is the host's where the kernel allows no new one", () => {
    const refused = `${V2} namespaces.unshare(namespaces.CLONE_NEWUSER | namespaces.CLONE_NEWNS);`;
    const mounts = MOUNTS.filter(({ type }) => type === "cgroup");
    const body = `report(fs.existsSync("/sys/fs/cgroup/cgroup.procs")); try { fs.mkdirSync("/sys/fs/cgroup/x") } catch ({ code }) { report(code) }`;
    const linux = { namespaces: [{ type: "mount" as const }, { type: "user" as const }] };
    expect(inRootfs(makeBundle(), { mounts, linux }, { before: refused, body })).toEqual([true, "EROFS"]);
  });
});
