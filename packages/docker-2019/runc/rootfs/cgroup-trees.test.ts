import { parseMountinfo } from "@eras/linux/mountinfo.ts";
import { expect, test } from "vitest";
import { cgroupTreesOf } from "./cgroup-trees.ts";

const MOUNTS = parseMountinfo(
  [
    "30 20 0:25 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
    "31 20 0:26 /docker /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
    "32 20 0:27 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
    "33 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    "34 20 0:25 /web /srv/again/cpu rw - cgroup cgroup rw,cpu,cpuacct",
  ].join("\n"),
);

test("cgroupTreesOf() finds each tree of v1 once, and the cgroup's directory in what is mounted of it", () => {
  const cgroups = { cpu: "/web", cpuacct: "/web", memory: "/docker/web", "name=systemd": "/", "": "/web" };
  expect(cgroupTreesOf(new Map(Object.entries(cgroups)), MOUNTS)).toEqual([
    { mountPoint: "/sys/fs/cgroup/cpu,cpuacct", name: "cpu,cpuacct", directory: "/sys/fs/cgroup/cpu,cpuacct/web" },
    { mountPoint: "/sys/fs/cgroup/memory", name: "memory", directory: "/sys/fs/cgroup/memory/web" },
    { mountPoint: "/sys/fs/cgroup/systemd", name: "systemd", directory: "/sys/fs/cgroup/systemd" },
  ]);
});
