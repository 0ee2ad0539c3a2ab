import { describe, expect, test } from "vitest";
import { inNewNetwork } from "./in-new-network.ts";
import { type Link, linkExists, linkIndex, listLinks } from "./links.ts";

describe("listLinks()", () => {
  test("lists loopback alone in a new namespace", () => {
    const links = inNewNetwork("show(listLinks().filter(({ name }) => name === 'lo'));");
    expect(links).toEqual([{ index: 1, name: "lo", up: false, mtu: 65536, hardwareAddress: "00:00:00:00:00:00" }]);
  });

  test("lists more links than one datagram holds", () => {
    const program = `
      for (let i = 0; i < 60; i++) createVeth("a" + i, "b" + i);
      show(listLinks().filter((link) => link.kind === "veth").length);
    `;
    expect(inNewNetwork(program)).toBe(120);
  });
});

describe("linkIndex()", () => {
  test("is the kernel's number for a link", () => {
    const loopback: Link | undefined = listLinks().find(({ name }) => name === "lo");
    expect(linkIndex("lo")).toBe(loopback?.index);
    expect(linkExists("lo")).toBe(true);
    expect(linkExists("no-such-link")).toBe(false);
    expect(() => linkIndex("no-such-link")).toThrow("rtnetlink GETLINK no-such-link: ENODEV");
  });
});

describe("createVeth()", () => {
  test("creates both ends", () => {
    const program = `
      createVeth("left", "right");
      show(ip("link", "show", "type", "veth").map((link) => [link.ifname, link.link]).sort());
    `;
    expect(inNewNetwork(program)).toEqual([
      ["left", "right"],
      ["right", "left"],
    ]);
  });

  test("fails when the name is taken or too long", () => {
    const program = `
      createVeth("left", "right");
      show([failure(() => createVeth("left", "other")), failure(() => createVeth("sixteen-letters!", "b")), linkExists("other")]);
    `;
    const [taken, long, other] = inNewNetwork(program) as string[];
    expect(taken).toBe("rtnetlink NEWLINK left: EEXIST");
    expect(long).toBe('Cannot name a link "sixteen-letters!": longer than 15 bytes');
    expect(other).toBe(false);
  });
});

describe("setLink()", () => {
  test("changes mtu, address, name and state in one request", () => {
    const program = `
      createVeth("left", "right");
      setLink("left", { name: "eth7", mtu: 1400, hardwareAddress: "02:00:00:AA:bb:cc", up: true });
      show([ip("link", "show", "eth7")[0], listLinks().find((link) => link.name === "eth7")]);
    `;
    const [seen, ours] = inNewNetwork(program) as Record<string, unknown>[];
    expect(seen).toMatchObject({ mtu: 1400, address: "02:00:00:aa:bb:cc", flags: expect.arrayContaining(["UP"]) });
    expect(ours).toMatchObject({ kind: "veth", mtu: 1400, up: true, hardwareAddress: "02:00:00:aa:bb:cc" });
  });

  test("leaves alone what it isn't told", () => {
    const program = `
      createVeth("left", "right");
      setLink("left", { up: true });
      setLink("left", { mtu: 1300 });
      const still = listLinks().find((link) => link.name === "left").up;
      setLink("left", { up: false });
      show([still, listLinks().find((link) => link.name === "left").up]);
    `;
    expect(inNewNetwork(program)).toEqual([true, false]);
  });

  test("makes a port of a bridge, and no longer", () => {
    const program = `
      createBridge("br0");
      createVeth("left", "right");
      setLink("left", { master: "br0" });
      const port = [ip("link", "show", "left")[0].master, listLinks().find((link) => link.name === "left").master === linkIndex("br0")];
      setLink("left", { master: null });
      show([...port, ip("link", "show", "left")[0].master ?? "none"]);
    `;
    expect(inNewNetwork(program)).toEqual(["br0", true, "none"]);
  });

  test("moves a link to another namespace under a new name", () => {
    const program = `
      const other = spawn("unshare", ["-n", "sh", "-c", "echo ready; read line; ip -j link"], { stdio: ["pipe", "pipe", "inherit"] });
      const output = other.stdout.setEncoding("utf8").iterator();
      await output.next();
      createVeth("left", "eth0");
      createVeth("taken", "eth1");
      setLink("eth0", { namespacePid: other.pid, name: "eth1" });
      other.stdin.end("\\n");
      let links = "";
      for await (const part of output) links += part;
      show([linkExists("eth0"), linkExists("eth1"), JSON.parse(links).map((link) => link.ifname).includes("eth1")]);
    `;
    expect(inNewNetwork(program)).toEqual([false, true, true]);
  });

  test("fails on a link that isn't there and an address that isn't one", () => {
    const program = `
      createBridge("br0");
      show([failure(() => setLink("nope", { up: true })), failure(() => setLink("br0", { hardwareAddress: "02:00" })),
        failure(() => setLink("br0", { mtu: 4 }))]);
    `;
    expect(inNewNetwork(program)).toEqual([
      "rtnetlink GETLINK nope: ENODEV",
      'Cannot parse hardware address "02:00"',
      "rtnetlink NEWLINK br0: EINVAL (mtu less than device minimum)",
    ]);
  });
});

describe("createMacvlan()", () => {
  test.each(["private", "vepa", "bridge", "passthru"])("creates one in mode %s", (mode) => {
    const program = `
      createVeth("parent", "peer");
      createMacvlan("mac0", "parent", "${mode}");
      const [link] = ip("link", "show", "mac0");
      show([link.link, link.linkinfo.info_kind, link.linkinfo.info_data.mode]);
    `;
    expect(inNewNetwork(program)).toEqual(["parent", "macvlan", mode]);
  });
});

describe("deleteLink()", () => {
  test("deletes both ends of a veth", () => {
    const program = `
      createVeth("left", "right");
      deleteLink("left");
      show([linkExists("left"), linkExists("right"), failure(() => deleteLink("left"))]);
    `;
    expect(inNewNetwork(program)).toEqual([false, false, "rtnetlink GETLINK left: ENODEV"]);
  });
});

describe("a veth pair across a bridge", () => {
  test("carries packets", () => {
    const program = `
      const other = spawn("unshare", ["-n", "sh", "-c",
        "echo ready; read line; ip link set lo up; ip addr add 10.5.0.2/24 dev eth0; ip link set eth0 up; echo up; read line"]);
      await once(other.stdout, "data");
      createBridge("br0");
      createVeth("host0", "guest0");
      setLink("host0", { master: "br0", up: true });
      setLink("br0", { up: true });
      addAddress("br0", "10.5.0.1/24");
      setLink("guest0", { namespacePid: other.pid, name: "eth0" });
      other.stdin.write("\\n");
      await once(other.stdout, "data");
      execFileSync("busybox", ["ping", "-c", "1", "-W", "5", "10.5.0.2"]);
      other.stdin.end("\\n");
      show("reached");
    `;
    expect(inNewNetwork(program)).toBe("reached");
  });
});

describe("createVeth()", () => {
  test("makes the other end in another namespace", () => {
    const program = `
      const other = spawn("unshare", ["-n", "sh", "-c", "echo ready; read line; ip -j link show eth0"]);
      await once(other.stdout, "data");
      const namespaceFd = openSync("/proc/" + other.pid + "/ns/net", "r");
      createVeth("here", "eth0", { namespaceFd, hardwareAddress: "02:42:0a:00:00:05" });
      let links = "";
      other.stdout.on("data", (text) => (links += text));
      other.stdin.end("\\n");
      await once(other, "close");
      show([linkExists("eth0"), JSON.parse(links)[0].address]);
    `;
    expect(inNewNetwork(program)).toEqual([false, "02:42:0a:00:00:05"]);
  });
});
