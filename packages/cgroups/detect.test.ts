import { parseMountinfo } from "@eras/linux/mountinfo.ts";
import { describe, expect, test } from "vitest";
import { cgroupMode, cgroupMounts, findCgroupMounts } from "./detect.ts";

const TMPFS = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755";
const CPU = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct";
const MEMORY = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory";
const SYSTEMD = "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd";
const UNIFIED = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate";
const V2 = "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw";
const MEMORY_AGAIN = "99 31 0:32 /lxc/c1 /mnt/memory rw,relatime - cgroup cgroup rw,memory";

const find = (...lines: string[]) => findCgroupMounts(parseMountinfo(lines.join("\n")));

describe("findCgroupMounts()", () => {
  test("knows controllers that share a tree", () => {
    const { v1 } = find(TMPFS, CPU, MEMORY);
    expect([...v1]).toEqual([
      ["cpu", "/sys/fs/cgroup/cpu,cpuacct"],
      ["cpuacct", "/sys/fs/cgroup/cpu,cpuacct"],
      ["memory", "/sys/fs/cgroup/memory"],
    ]);
  });
  test("takes the first mount of a tree", () => {
    expect(find(MEMORY, MEMORY_AGAIN).v1.get("memory")).toBe("/sys/fs/cgroup/memory");
  });
  test("knows trees that have a name in place of a controller", () => {
    const { v1, named } = find(SYSTEMD);
    expect([v1.size, [...named]]).toEqual([0, [["name=systemd", "/sys/fs/cgroup/systemd"]]]);
  });
  test("knows what of a tree is mounted", () => {
    expect(find(CPU, MEMORY_AGAIN).roots).toEqual(
      new Map([
        ["/sys/fs/cgroup/cpu,cpuacct", "/"],
        ["/mnt/memory", "/lxc/c1"],
      ]),
    );
  });
});

describe("cgroupMode()", () => {
  test("is v1 without a v2 tree", () => expect(cgroupMode(find(TMPFS, CPU, SYSTEMD))).toBe("v1"));
  test("is hybrid with both", () => expect(cgroupMode(find(TMPFS, CPU, UNIFIED))).toBe("hybrid"));
  test("is v2 without controllers on v1", () => expect(cgroupMode(find(V2, SYSTEMD))).toBe("v2"));
  test("fails without any", () => expect(() => cgroupMode(find(TMPFS))).toThrow("Cannot find control groups"));
  test("knows this machine", () => expect(["v1", "v2", "hybrid"]).toContain(cgroupMode(cgroupMounts())));
});
