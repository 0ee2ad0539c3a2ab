import { describe, expect, test } from "vitest";
import { convertConfig } from "./genuine-lxc.ts";
import { generateLxcConfig } from "./lxc-template.ts";

const config = generateLxcConfig({ Hostname: "09906fa3", RootFS: "/c/rootfs", Ram: 33554432 });

describe("convertConfig()", () => {
  const lines = convertConfig(config).split("\n");

  test("gives the keys their new names", () => {
    expect(lines).toContain("lxc.uts.name = 09906fa3");
    expect(lines).toContain("lxc.rootfs.path = /c/rootfs");
    expect(lines).toContain("lxc.console.path = none");
    expect(lines.filter((line) => /^lxc\.(utsname|rootfs|pts|tty|console) /.test(line))).toEqual([]);
  });

  test("gives those their new names that somebody added to confine the container", () => {
    const added = ["se_context = u:r:t", "seccomp = /policy", "id_map = u 0 100000 65536"].map(
      (line) => `lxc.${line}\n`,
    );
    expect(convertConfig(config + added.join(""))).toMatch(
      /lxc\.selinux\.context = u:r:t\nlxc\.seccomp\.profile = \/policy\nlxc\.idmap = u 0 100000 65536\n/,
    );
  });

  test("says limits for both kinds of cgroups", () => {
    expect(lines).toContain("lxc.cgroup.memory.limit_in_bytes = 33554432");
    expect(lines).toContain("lxc.cgroup2.memory.max = 33554432");
    expect(lines.filter((line) => line.startsWith("lxc.cgroup2.devices.allow = ")).length).toBe(11);
  });

  test("shares the host's network, as nothing said did in 2013", () => {
    expect(lines).toContain("lxc.net.0.type = none");
  });

  test("gives a terminal a name inside", () => {
    const entry = "lxc.mount.entry = /dev/pts/7 dev/console none bind,create=file 0 0\n";
    expect(convertConfig(config, "/dev/pts/7")).toContain(entry);
  });
});
