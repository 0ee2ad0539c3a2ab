/** The network of a container, of each type. Bridges and parents are made in a network namespace of the test's own. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { namespaceId } from "@eras/linux/namespaces.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cgroupsOf, LXC_START, TestContainer } from "./test-container.ts";

let container: TestContainer;
beforeAll(() => {
  container = new TestContainer();
});
afterEach(() => expect(cgroupsOf(container.name)).toEqual([]));
afterAll(() => container.remove());

const netns = `lxc-test-${process.pid}`;
const host = (...command: string[]) =>
  execFileSync("nsenter", [`--net=/run/netns/${netns}`, ...command], { encoding: "utf8", stdio: "pipe" });
const hostLinks = () =>
  host("ip", "-br", "link")
    .split("\n")
    .map((line) => line.split(/[ @]/)[0])
    .filter(Boolean);

beforeEach(() => {
  execFileSync("ip", ["netns", "add", netns]);
  host("sh", "-c", "ip link add br0 type bridge; ip addr add 10.7.0.1/24 dev br0; ip link set br0 up");
});
afterEach(() => execFileSync("ip", ["netns", "del", netns]));

/** Runs a script in a container that is started in the test's own network namespace. */
function inside(script: string, lines: readonly string[]): string {
  const config = join(container.dir, "net.lxc");
  writeFileSync(config, [...container.base, ...lines, ""].join("\n"));
  return host(LXC_START, "-n", container.name, "-f", config, "--", "/bin/sh", "-c", script).trim();
}

const LINKS = "ip -o link | cut -d: -f2 | cut -d@ -f1 | xargs";

test("is the host's where none is configured", () => {
  const own = host("readlink", "/proc/self/ns/net");
  expect(own.trim()).not.toBe(namespaceId("self", "net"));
  expect(inside("readlink /proc/self/ns/net; ip -o link | grep -c br0", [])).toBe(`${own}1`);
});

describe("lxc.network.type", () => {
  test("empty has only lo", () => {
    expect(
      inside(`${LINKS}; ip addr show lo | grep -c 127.0.0.1`, ["lxc.network.type = empty", "lxc.network.flags = up"]),
    ).toBe("lo\n1");
    expect(inside("ip addr show lo | grep -c 127.0.0.1 || true", ["lxc.network.type = empty"])).toBe("0");
  });

  test("veth is wired to a bridge", () => {
    const lines = [
      "lxc.network.type = veth",
      "lxc.network.flags = up",
      "lxc.network.link = br0",
      "lxc.network.name = eth7",
      "lxc.network.mtu = 1400",
      "lxc.network.hwaddr = 02:00:00:11:22:33",
      "lxc.network.ipv4 = 10.7.0.5/24",
      "lxc.network.ipv4.gateway = 10.7.0.1",
      "lxc.network.ipv6 = 2001:db8::5/64",
    ];
    const shown = inside(`${LINKS}; ip addr show eth7; ip route; ping -c 1 -W 5 10.7.0.1`, lines);
    expect(shown).toMatch(/^lo eth7\n/);
    for (const part of [
      "mtu 1400",
      "02:00:00:11:22:33",
      "inet 10.7.0.5/24",
      "inet6 2001:db8::5/64",
      "default via 10.7.0.1",
      " 0% packet loss",
    ])
      expect(shown).toContain(part);
    expect(hostLinks()).toEqual(["lo", "br0"]);
  });

  test("veth has a host's end that can be named, and a script that is told", () => {
    const [script, told] = [join(container.dir, "up.sh"), join(container.dir, "told")];
    writeFileSync(script, `#!/bin/sh\necho "$@" > ${told}; ip -br link show vethHost | cut -d@ -f1 >> ${told}\n`, {
      mode: 0o755,
    });
    const lines = ["lxc.network.type = veth", "lxc.network.veth.pair = vethHost", `lxc.network.script.up = ${script}`];
    expect(inside(LINKS, lines)).toBe("lo eth0");
    expect(execFileSync("cat", [told], { encoding: "utf8" })).toBe(
      `${container.name} net up veth vethHost\nvethHost\n`,
    );
  });

  test("macvlan lies on a device of the host", () => {
    host("sh", "-c", "ip link add parent type veth peer name far; ip link set parent up; ip link set far up");
    const lines = [
      "lxc.network.type = macvlan",
      "lxc.network.link = parent",
      "lxc.network.macvlan.mode = bridge",
      "lxc.network.flags = up",
    ];
    expect(inside(LINKS, lines)).toBe("lo eth0");
    expect(hostLinks().toSorted()).toEqual(["br0", "far", "lo", "parent"]);
  });

  test("phys is a device of the host itself", () => {
    host("ip", "link", "add", "given", "type", "veth", "peer", "name", "far");
    const lines = ["lxc.network.type = phys", "lxc.network.link = given", "lxc.network.name = mine"];
    expect(inside(LINKS, lines)).toBe("lo mine");
  });

  test("can come several times", () => {
    expect(inside(LINKS, ["lxc.network.type = veth", "lxc.network.type = veth"])).toBe("lo eth0 eth1");
    expect(hostLinks()).toEqual(["lo", "br0"]);
  });

  test.each([
    [["lxc.network.type = veth", "lxc.network.link = nobridge"], "rtnetlink GETLINK nobridge: ENODEV"],
    [["lxc.network.type = phys", "lxc.network.link = nodevice"], "rtnetlink GETLINK nodevice: ENODEV"],
    [["lxc.network.type = veth", "lxc.network.ipv4.gateway = 10.9.9.9"], "Cannot set up eth0 in the container"],
  ])("that fails leaves nothing: %j", (lines, message) => {
    expect(() => inside("true", lines)).toThrow(message);
    expect(hostLinks()).toEqual(["lo", "br0"]);
  });
});
