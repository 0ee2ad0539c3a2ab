import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyConfig } from "./config.ts";
import { readConfig } from "./config-file.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "lxc-config-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

function configFile(text: string, name = "config.lxc"): string {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
}

const read = (text: string, overrides?: string[]) => readConfig(configFile(text), overrides);
const errorOf = (text: string, overrides?: string[]) => {
  try {
    read(text, overrides);
  } catch (error) {
    return (error as Error).message.replaceAll(`${dir}/`, "");
  }
  throw new Error("the configuration was accepted");
};

/** What dockerd of January 2013 wrote for a container. */
const DOCKER = `
# hostname
lxc.utsname = 09906fa3
lxc.rootfs = /c/rootfs
lxc.pts = 1024
lxc.console = none
lxc.tty = 1
lxc.cgroup.devices.deny = a
lxc.cgroup.devices.allow = c 1:3 rwm
lxc.mount.entry = proc /c/rootfs/proc proc nosuid,nodev,noexec 0 0
lxc.cap.drop = sys_admin net_raw
lxc.cgroup.memory.limit_in_bytes = 33554432
`;

describe("readConfig()", () => {
  test("reads what dockerd writes", () => {
    expect(read(DOCKER)).toEqual({
      ...emptyConfig(),
      utsname: "09906fa3",
      rootfs: "/c/rootfs",
      pts: 1024,
      console: "none",
      tty: 1,
      cgroup: [
        ["devices.deny", "a"],
        ["devices.allow", "c 1:3 rwm"],
        ["memory.limit_in_bytes", "33554432"],
      ],
      mounts: [{ source: "proc", target: "/c/rootfs/proc", type: "proc", options: "nosuid,nodev,noexec" }],
      capDrop: ["sys_admin", "net_raw"],
    });
  });

  test("reads nothing from an empty file, comments and white space", () => {
    expect(read("\n   \n# lxc.tty = 1\n  # lxc.pts = 7\n")).toEqual(emptyConfig());
  });

  // biome-ignore format: a table
  test.each([
    ["lxc.arch = i686", { arch: "x86" }],
    ["lxc.arch=amd64", { arch: "x86_64" }],
    ["lxc.rootfs.mount = /mnt", { rootfsMount: "/mnt" }],
    ["lxc.autodev = 1", { autodev: true }],
    ["lxc.autodev = 0", { autodev: false }],
    ["lxc.console = /dev/ttyS0", { console: "/dev/ttyS0" }],
    ["lxc.devttydir = lxc", { devttydir: "lxc" }],
    ["lxc.cap.keep = kill\nlxc.cap.keep = CAP_CHOWN", { capKeep: ["kill", "CAP_CHOWN"] }],
    ["lxc.aa_profile = unconfined", { aaProfile: "unconfined" }],
    ["lxc.se_context = system_u:system_r:lxc_t:s0:c22", { seContext: "system_u:system_r:lxc_t:s0:c22" }],
    ["lxc.seccomp = /etc/policy", { seccomp: "/etc/policy" }],
    ["lxc.environment = A=b=c d\nlxc.environment = E=", { environment: ["A=b=c d", "E="] }],
    ["lxc.mount.entry = /a\\040b mnt none bind", { mounts: [{ source: "/a b", target: "mnt", type: "none", options: "bind" }] }],
  ])("reads %j", (text, expected) => {
    expect(read(text)).toEqual({ ...emptyConfig(), ...expected });
  });

  test("reads id maps", () => {
    expect(read("lxc.id_map = u 0 100000 65536\nlxc.id_map = g 0 5 1").idMap).toEqual([
      { kind: "u", containerId: 0, hostId: 100000, size: 65536 },
      { kind: "g", containerId: 0, hostId: 5, size: 1 },
    ]);
  });

  test("reads networks; the keys belong to the type before them", () => {
    const { networks } = read(`
      lxc.network.type = veth
      lxc.network.flags = up
      lxc.network.link = br0
      lxc.network.name = eth0
      lxc.network.mtu = 1500
      lxc.network.hwaddr = 4a:49:43:49:79:bf
      lxc.network.ipv4 = 10.0.3.2/24 10.0.3.255
      lxc.network.ipv4 = 10.0.4.2
      lxc.network.ipv4.gateway = 10.0.3.1
      lxc.network.ipv6 = 2003:db8:1:0:214:1234:fe0b:3597/64
      lxc.network.ipv6.gateway = fe80::1
      lxc.network.veth.pair = vethA
      lxc.network.script.up = /bin/true
      lxc.network.type = macvlan
      lxc.network.link = eth1
      lxc.network.macvlan.mode = bridge
      lxc.network.type = empty
    `);
    expect(networks).toEqual([
      {
        type: "veth",
        up: true,
        link: "br0",
        name: "eth0",
        mtu: 1500,
        hwaddr: "4a:49:43:49:79:bf",
        addresses: [
          { address: "10.0.3.2", prefixLength: 24 },
          { address: "10.0.4.2", prefixLength: 32 },
          { address: "2003:db8:1:0:214:1234:fe0b:3597", prefixLength: 64 },
        ],
        gateways: ["10.0.3.1", "fe80::1"],
        vethPair: "vethA",
        scriptUp: "/bin/true",
        macvlanMode: "private",
      },
      { type: "macvlan", up: false, link: "eth1", addresses: [], gateways: [], macvlanMode: "bridge" },
      { type: "empty", up: false, addresses: [], gateways: [], macvlanMode: "private" },
    ]);
  });

  test("reads the lines of an fstab where lxc.mount names one", () => {
    const fstab = configFile("# comment\n\nproc proc proc\n/etc/hosts etc/hosts none bind,ro 0 0\n", "fstab");
    expect(read(`lxc.mount = ${fstab}`).mounts).toEqual([
      { source: "proc", target: "proc", type: "proc", options: "defaults" },
      { source: "/etc/hosts", target: "etc/hosts", type: "none", options: "bind,ro" },
    ]);
  });

  test("reads an included file in its place", () => {
    const included = configFile("lxc.tty = 4\nlxc.pts = 5\n", "included");
    expect(read(`lxc.tty = 1\nlxc.include = ${included}\nlxc.pts = 6`)).toMatchObject({ tty: 4, pts: 6 });
  });

  test("takes overrides after the file", () => {
    expect(read("lxc.tty = 1", ["lxc.tty=3", "lxc.cap.drop = mknod"])).toMatchObject({ tty: 3, capDrop: ["mknod"] });
  });

  // biome-ignore format: a table
  test.each([
    ["lxc.tty = 1\nlxc.ttty = 2", 'config.lxc:2: unknown key "lxc.ttty"'],
    ["toString = 1", 'config.lxc:1: unknown key "toString"'],
    ["lxc.uts.name = today", 'config.lxc:1: unknown key "lxc.uts.name"'],
    ["lxc.cgroup.nodot = 1", 'config.lxc:1: unknown key "lxc.cgroup.nodot"'],
    ["lxc.cgroup.../../x.y = 1", 'config.lxc:1: unknown key "lxc.cgroup.../../x.y"'],
    ["lxc.tty", 'config.lxc:1: "lxc.tty" is not of the form "key = value"'],
    ["lxc.tty =", "config.lxc:1: lxc.tty has no value"],
    ["lxc.tty = many", 'config.lxc:1: "many" is no whole number'],
    ["lxc.pts = -1", 'config.lxc:1: "-1" is no whole number'],
    [`lxc.utsname = ${"x".repeat(65)}`, `config.lxc:1: "${"x".repeat(65)}" is longer than 64 bytes`],
    ["lxc.rootfs = rootfs", 'config.lxc:1: "rootfs" is no absolute path'],
    ["lxc.arch = vax", 'config.lxc:1: "vax" is not x86 or i686 or x86_64 or amd64'],
    ["lxc.autodev = yes", 'config.lxc:1: "yes" is not 0 or 1'],
    ["lxc.cap.drop = sys_admin fly", 'config.lxc:1: Cannot find capability "fly"'],
    ["lxc.cap.drop = kill\nlxc.cap.keep = chown", "config.lxc: lxc.cap.keep and lxc.cap.drop exclude each other"],
    ["lxc.mount.entry = proc proc", 'config.lxc:1: "proc proc" is not of the form "source target type options"'],
    ["lxc.environment = NAME", 'config.lxc:1: "NAME" is not of the form NAME=value'],
    ["lxc.id_map = u 0 100000", 'config.lxc:1: "u 0 100000" is not of the form "u 0 100000 65536"'],
    ["lxc.id_map = x 0 1 1", 'config.lxc:1: "x" is not u or g'],
    ["lxc.id_map = u 0 1 1", 'config.lxc: lxc.id_map has no line "g 0 …": the container would have no root'],
    ["lxc.network.flags = up", "config.lxc:1: the keys of a network come after its lxc.network.type"],
    ["lxc.network.type = carrier-pigeon", 'config.lxc:1: "carrier-pigeon" is not empty or veth or phys or macvlan'],
    ["lxc.network.type = phys", "config.lxc: lxc.network.type = phys needs lxc.network.link"],
    ["lxc.network.type = veth\nlxc.network.name = far-too-long-name", 'config.lxc:2: "far-too-long-name" is no name for a network device'],
    ["lxc.network.type = veth\nlxc.network.hwaddr = 4a:49", 'config.lxc:2: "4a:49" is no hardware address'],
    ["lxc.network.type = veth\nlxc.network.ipv4 = 10.0.0.1/33", 'config.lxc:2: "10.0.0.1/33" has a prefix longer than 32 bits'],
    ["lxc.network.type = veth\nlxc.network.ipv4 = ::1/64", 'config.lxc:2: "::1" is no IPv4 address'],
    ["lxc.network.type = veth\nlxc.network.flags = down", 'config.lxc:2: "down" is not up'],
  ])("refuses %j", (text, message) => {
    expect(errorOf(text)).toBe(message);
  });

  test("tells the place inside of an included file, an fstab and an override", () => {
    const included = configFile("\nlxc.nope = 4", "included");
    expect(errorOf(`lxc.include = ${included}`)).toBe('config.lxc:1: included:2: unknown key "lxc.nope"');
    const fstab = configFile("proc proc proc\nproc", "fstab");
    expect(errorOf(`lxc.mount = ${fstab}`)).toContain('config.lxc:1: fstab:2: "proc" is not of the form');
    expect(errorOf("", ["lxc.nope=1"])).toBe('-s lxc.nope=1: unknown key "lxc.nope"');
  });

  test("refuses files that include each other", () => {
    const [one, other] = [join(dir, "one"), join(dir, "other")];
    configFile(`lxc.include = ${other}`, "one");
    configFile(`lxc.include = ${one}`, "other");
    expect(() => readConfig(one)).toThrow(`${one} includes itself`);
  });
});
