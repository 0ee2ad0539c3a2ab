import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { CLONE_NEWNET, setns, unshare } from "@eras/linux/namespaces.ts";
import { addAddress } from "@eras/linux/netlink/addresses.ts";
import { createBridge, createVeth, linkExists, listLinks, setLink } from "@eras/linux/netlink/links.ts";
import { addRoute } from "@eras/linux/netlink/routes.ts";
import { processExists } from "@eras/linux/proc.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newPlace, type Place, removePlace } from "../../../../test/harness/remains.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../../../../test/harness/run-program.ts";
import type { HostConfig } from "../../engine-api/container-config.ts";
import type { Attachment } from "./attachment.ts";
import { createNetworkNamespace, inNetworkNamespace, removeNetworkNamespace } from "./netns.ts";
import { Networks } from "./networks.ts";
import type { NetworksOptions } from "./options.ts";

const PROXY = join(import.meta.dirname, "../../../../bin/docker-proxy-2019");
const HOST_IP = "192.0.2.1";
const OUTSIDE_IP = "192.0.2.2";

/** This process, as a host, is in a network namespace of its own, with a wire to another one: outside. */
let place: Place;
let outside: string;
let home: number;
let path: string | undefined;
const cleanups: (() => void)[] = [];

beforeEach(() => {
  place = newPlace();
  outside = join(place.dir, "outside");
  home = openSync("/proc/self/ns/net", "r");
  path = process.env.PATH;
  unshare(CLONE_NEWNET);
  setLink("lo", { up: true });
  createNetworkNamespace(outside);
  createVeth("wan", "wire");
  addAddress("wan", `${HOST_IP}/24`);
  setLink("wan", { up: true });
  const namespaceFd = openSync(outside, "r");
  setLink("wire", { namespaceFd, name: "eth0" });
  closeSync(namespaceFd);
  inNetworkNamespace(outside, () => {
    addAddress("eth0", `${OUTSIDE_IP}/24`);
    setLink("eth0", { up: true });
  });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  const leftProxies = proxies().map((line) => Number(line.split(" ")[0]));
  for (const pid of leftProxies) process.kill(pid, "SIGKILL"); // of a test that has failed
  removeNetworkNamespace(outside);
  setns(home, CLONE_NEWNET);
  closeSync(home);
  process.env.PATH = path;
  expect(await removePlace(place)).toEqual([]);
});

type Setting = Omit<NetworksOptions, "dataRoot" | "execRoot" | "warn">;

async function open(setting: Partial<Setting> = {}, isLive: (id: string) => boolean = () => false): Promise<Networks> {
  const { iptables = true, proxyProgram = PROXY, ...addresses } = setting;
  const options: NetworksOptions = {
    dataRoot: join(place.dir, "data"),
    execRoot: join(place.dir, "exec"),
    device: "eras2019",
    proxyProgram,
    iptables,
    warn: (message) => warnings.push(message),
    ...addresses,
  };
  return await Networks.open(options, isLive);
}
const warnings: string[] = [];

function attachment(name: string, hostConfig: HostConfig = {}): Attachment {
  const dir = join(place.dir, name);
  mkdirSync(dir, { recursive: true });
  return { id: name.repeat(64).slice(0, 64), name, dir, config: { Hostname: name }, hostConfig };
}

const publish = (...ports: readonly [containerPort: string, hostPort: string, hostIp?: string][]): HostConfig => ({
  PortBindings: Object.fromEntries(
    ports.map(([port, HostPort, HostIp = ""]) => [port, [{ HostIp, HostPort }]] as const),
  ),
});

/** A server in a namespace, which tells each client what address it has come from. */
function serve(netns: string, port: number): void {
  const server = createServer((client) =>
    client.on("error", () => {}).end(`${client.remoteAddress}`.replace("::ffff:", "")),
  );
  inNetworkNamespace(netns, () => server.listen(port)); // without a host's name it is done at once
  cleanups.push(() => server.close());
}

/** What a server answers to somebody in a namespace, or, of `undefined`, on the host. */
async function ask(netns: string | undefined, ip: string, port: number): Promise<string> {
  const run = () => runProgram("busybox", ["nc", "-w", "5", ip, String(port)], { env: shellEnvironment() });
  const { stdout, stderr } = await (netns === undefined ? run() : inNetworkNamespace(netns, run));
  return stdout || `refused: ${stderr}`;
}

function ping(netns: string, ip: string): Promise<ProgramResult> {
  return inNetworkNamespace(netns, () => runProgram("busybox", ["ping", "-c", "1", "-W", "5", ip]));
}

const iptablesSave = () => execFileSync("iptables-save", { encoding: "utf8" });

/** Puts one kind of iptables before the host's choice. */
function choose(kind: "nft" | "legacy"): void {
  const dir = join(place.dir, "iptables");
  mkdirSync(dir);
  for (const name of ["iptables", "iptables-save", "iptables-restore"])
    symlinkSync(`/usr/sbin/xtables-${kind}-multi`, join(dir, name));
  process.env.PATH = `${dir}:${path}`;
}

/** The older kind needs a module of the kernel. */
const hasLegacy =
  spawnSync("unshare", ["--net", "/usr/sbin/xtables-legacy-multi", "iptables", "-t", "nat", "-L"]).status === 0;

describe.each(["nft", "legacy"] as const)("with iptables of the kind %s", (kind) => {
  beforeEach(() => choose(kind));
  const its = test.skipIf(kind === "legacy" && !hasLegacy);

  its("containers reach each other, and what is outside, which sees the host's address", async () => {
    const networks = await open();
    const a = (await networks.connect(attachment("a"))).netnsPath!;
    const b = (await networks.connect(attachment("b"))).netnsPath!;
    const addresses = ["a", "b"].map((name) => networks.settings(attachment(name)).IPAddress);
    expect((await ping(a, addresses[1]!)).status).toBe(0);
    serve(b, 80);
    expect(await ask(a, addresses[1]!, 80)).toBe(addresses[0]);
    serve(outside, 9000);
    expect(await ask(a, OUTSIDE_IP, 9000)).toBe(HOST_IP);
    for (const name of ["a", "b"]) await networks.disconnect(attachment(name).id);
    await networks.close();
    expect(warnings).toEqual([]);
  });

  its("a published port is reached from outside, from the host and from its own container", async () => {
    const networks = await open();
    const a = (await networks.connect(attachment("a", publish(["80/tcp", "8081"], ["90/tcp", "8082", "127.0.0.1"]))))
      .netnsPath!;
    const { Gateway } = networks.settings(attachment("a"));
    for (const port of [80, 90]) serve(a, port);
    expect(await ask(outside, HOST_IP, 8081)).toBe(OUTSIDE_IP);
    expect(await ask(undefined, HOST_IP, 8081)).toBe(HOST_IP); // the packet filter, where for 127.0.0.1 it is docker-proxy
    for (const loopback of ["127.0.0.1", "::1"]) expect(await ask(undefined, loopback, 8081)).toBe(Gateway);
    expect(await ask(a, HOST_IP, 8081)).toBe(Gateway);
    expect(await ask(a, Gateway, 8081)).toBe(Gateway);
    expect(await ask(undefined, "127.0.0.1", 8082)).toBe(Gateway);
    expect(await ask(outside, HOST_IP, 8082)).toContain("refused");
    await networks.disconnect(attachment("a").id);
    expect(await ask(outside, HOST_IP, 8081)).toContain("refused");
    await networks.close();
  });

  its("nothing of ours is left, and nothing of others is touched", async () => {
    execFileSync("iptables", ["-A", "FORWARD", "-s", "203.0.113.7/32", "-j", "DROP"]);
    const others = "-A FORWARD -s 203.0.113.7/32 -j DROP";
    const networks = await open();
    await networks.connect(attachment("a", publish(["80/tcp", "8081"], ["53/udp", "8053"])));
    expect(iptablesSave()).toContain("--dport 8053 -j DNAT");
    await networks.disconnect(attachment("a").id);
    expect(iptablesSave()).not.toContain("8081");
    await networks.close();
    expect(iptablesSave()).not.toMatch(/ERAS/);
    expect(iptablesSave()).toContain(others);
    expect(linkExists("eras2019")).toBe(false);
    expect(readdirSync(join(place.dir, "exec/netns"))).toEqual([]);
  });

  its("rules that somebody has flushed are there again after the next change, each once", async () => {
    const networks = await open();
    execFileSync("iptables", ["-F", "FORWARD"]);
    execFileSync("iptables", ["-I", "ERAS2019-USER", "-s", "203.0.113.9/32", "-j", "DROP"]);
    await Promise.all(
      ["a", "b", "c"].map((name, i) => networks.connect(attachment(name, publish(["80/tcp", `${8081 + i}`])))),
    );
    const rules = iptablesSave().split("\n");
    expect(rules.filter((rule) => rule === "-A FORWARD -j ERAS2019-FORWARD")).toHaveLength(1);
    expect(rules.filter((rule) => rule.includes("-j DNAT"))).toHaveLength(3);
    expect(rules).toContain("-A ERAS2019-USER -s 203.0.113.9/32 -j DROP");
    for (const name of ["a", "b", "c"]) await networks.disconnect(attachment(name).id);
    await networks.close();
  });

  its("the host does not become a router for others", async () => {
    writeFileSync("/proc/sys/net/ipv4/ip_forward", "0");
    const networks = await open();
    expect(iptablesSave()).toContain(":FORWARD DROP");
    const a = (await networks.connect(attachment("a"))).netnsPath!;
    serve(outside, 9000);
    expect(await ask(a, OUTSIDE_IP, 9000)).toBe(HOST_IP);
    await networks.disconnect(attachment("a").id);
    await networks.close();
    expect(iptablesSave()).toContain(":FORWARD ACCEPT");
    expect(readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8")).toBe("0\n");
  });
});

/** An iptables of a kernel without the table nat. */
function refuse(): void {
  const dir = join(place.dir, "refusing");
  mkdirSync(dir);
  const script = '#!/bin/sh\n[ "$1" = --version ] && exit\necho "can\'t initialize iptables table nat" >&2\nexit 3\n';
  for (const name of ["iptables", "iptables-save", "iptables-restore"])
    writeFileSync(join(dir, name), script, { mode: 0o755 });
  process.env.PATH = dir;
}

describe("without iptables", () => {
  test.each([
    ["that is told to be left alone", () => {}, false, []],
    ["that is not there", () => (process.env.PATH = "/nowhere"), true, ["there is no iptables"]],
    ["that the kernel refuses", refuse, true, ["containers can't reach beyond this host"]],
  ])("%s, published ports are reached by docker-proxy alone", async (_, hide, iptables, told) => {
    hide();
    const networks = await open({ iptables });
    process.env.PATH = path;
    expect(warnings.splice(0).map((warning) => warning.split(":")[0])).toEqual(told);
    const a = (await networks.connect(attachment("a", publish(["80/tcp", "8081"])))).netnsPath!;
    const { Gateway } = networks.settings(attachment("a"));
    serve(a, 80);
    expect(await ask(outside, HOST_IP, 8081)).toBe(Gateway);
    expect(await ask(undefined, "127.0.0.1", 8081)).toBe(Gateway);
    expect(await ask(a, Gateway, 8081)).toBe(Gateway);
    expect(iptablesSave()).not.toMatch(/ERAS/);
    await networks.disconnect(attachment("a").id);
    await networks.close();
  });
});

describe("connect(), disconnect()", () => {
  test("without a bridge, containers that are to be in its network are in none", async () => {
    const networks = await open({ device: "none" });
    const a = attachment("a", publish(["80/tcp", "8080"]));
    expect((await networks.connect(a)).netnsPath).toBeUndefined(); // the runtime makes it
    expect(networks.settings(a)).toMatchObject({
      Ports: {},
      EndpointID: "",
      Networks: { bridge: { NetworkID: "", EndpointID: "" } },
    });
    expect(networks.list().map(({ Name, Containers }) => [Name, Containers])).toEqual([
      ["host", {}],
      ["none", {}],
    ]);
    expect(() => networks.inspect("bridge")).toThrow("network bridge not found");
    expect(listLinks().map(({ name }) => name)).toEqual(["lo", "wan"]);
    await networks.disconnect(a.id);
    await networks.close();
  });

  test("gives the container an eth0 as Docker's: address, hardware address, default route, no IPv6", async () => {
    const networks = await open();
    const { netnsPath } = await networks.connect(attachment("a"));
    const settings = networks.settings(attachment("a"));
    const seen = inNetworkNamespace(netnsPath!, () => ({
      links: listLinks().filter(({ up }) => up),
      addresses: JSON.parse(execFileSync("ip", ["-j", "addr", "show", "eth0"], { encoding: "utf8" }))[0].addr_info,
      routes: JSON.parse(execFileSync("ip", ["-j", "route"], { encoding: "utf8" })),
    }));
    const last = settings.IPAddress.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
    expect(settings.MacAddress).toBe(`02:42:${last.join(":")}`);
    expect(seen.links.map(({ name, hardwareAddress }) => [name, hardwareAddress])).toEqual([
      ["lo", "00:00:00:00:00:00"],
      ["eth0", settings.MacAddress],
    ]);
    expect(
      seen.addresses.map(({ local, prefixlen }: { local: string; prefixlen: number }) => [local, prefixlen]),
    ).toEqual([[settings.IPAddress, settings.IPPrefixLen]]);
    expect(seen.routes[0]).toMatchObject({ dst: "default", gateway: settings.Gateway, dev: "eth0" });
    const { Containers, ...network } = networks.inspect("bridge");
    expect(network.IPAM.Config).toEqual([
      { Subnet: expect.stringMatching(/^172\.\d+\.0\.0\/16$/), Gateway: settings.Gateway },
    ]);
    expect(Containers).toEqual({
      [attachment("a").id]: {
        Name: "a",
        EndpointID: settings.EndpointID,
        MacAddress: settings.MacAddress,
        IPv4Address: `${settings.IPAddress}/16`,
        IPv6Address: "",
      },
    });
    expect(networks.inspect(network.Id.slice(0, 12)).Name).toBe("bridge");
    expect(() => networks.inspect("nope")).toThrow("network nope not found");
    await networks.disconnect(attachment("a").id);
    expect(networks.settings(attachment("a"))).toMatchObject({ IPAddress: "", Ports: {}, SandboxID: "" });
    await networks.close();
  });

  test("sends what is for others to the gateway that it was told, which is nobody's address", async () => {
    const gateway = { bridgeAddress: "10.9.8.1/24", defaultGateway: "10.9.8.2" };
    const networks = await open(gateway);
    const { netnsPath } = await networks.connect(attachment("a"));
    expect(networks.settings(attachment("a"))).toMatchObject({ Gateway: "10.9.8.2", IPAddress: "10.9.8.3" });
    const routes = inNetworkNamespace(netnsPath!, () => execFileSync("ip", ["route"], { encoding: "utf8" }));
    expect(routes).toContain("default via 10.9.8.2 dev eth0");
    expect(networks.inspect("bridge").IPAM.Config).toEqual([
      { Subnet: "10.9.8.0/24", Gateway: "10.9.8.1", AuxiliaryAddresses: { DefaultGatewayIPv4: "10.9.8.2" } },
    ]);
    await networks.disconnect(attachment("a").id);
    await networks.close();
    await expect(open({ ...gateway, defaultGateway: "10.9.9.2" })).rejects.toThrow(
      "default gateway ip must be part of the network",
    );
  });

  test("takes a bridge of somebody else's as it is: its address is the gateway, and it stays", async () => {
    createBridge("theirs");
    setLink("theirs", { hardwareAddress: "02:00:00:00:00:07" });
    for (const address of ["10.9.7.1/24", "10.9.8.7/24"]) addAddress("theirs", address);
    const addresses = () =>
      execFileSync("ip", ["-4", "-br", "addr", "show", "theirs"], { encoding: "utf8" }).split(/\s+/);
    await expect(open({ device: "theirs", bridgeAddress: "10.9.7.1/24" })).rejects.toThrow(
      "mutually exclusive options",
    );
    await expect(open({ device: "nosuch" })).rejects.toThrow("non default name nosuch must be created manually");
    const networks = await open({ device: "theirs", fixedCidr: "10.9.8.0/28" });
    await networks.connect(attachment("a"));
    expect(networks.settings(attachment("a"))).toMatchObject({ Gateway: "10.9.8.7", IPAddress: "10.9.8.1" });
    await networks.disconnect(attachment("a").id);
    await networks.close();
    expect(listLinks().find(({ name }) => name === "theirs")).toMatchObject({ hardwareAddress: "02:00:00:00:00:07" });
    expect(addresses()).toEqual(["theirs", "DOWN", "10.9.7.1/24", "10.9.8.7/24", ""]);
  });

  test("keeps off networks that the host reaches", async () => {
    for (const subnet of ["172.17.0.0/16", "172.18.4.0/24"]) {
      inNetworkNamespace("/proc/self/ns/net", () => addRoute({ destination: subnet, link: "wan" }));
    }
    const networks = await open();
    expect(networks.inspect("bridge").IPAM.Config?.[0]?.Subnet).toBe("172.19.0.0/16");
    await networks.close();
  });

  test("publishes the next free port where none is named, on both families alike", async () => {
    const networks = await open();
    await networks.connect(attachment("a", publish(["80/tcp", ""], ["90/tcp", "8000-8001"])));
    await networks.connect(attachment("b", publish(["80/tcp", ""], ["90/tcp", "8000-8001"])));
    const [a, b] = ["a", "b"].map((name) => networks.settings(attachment(name)).Ports!);
    const port = Number(a!["80/tcp"]![0]!.HostPort);
    expect(a!["80/tcp"]).toEqual(["0.0.0.0", "::"].map((HostIp) => ({ HostIp, HostPort: String(port) })));
    expect(b!["80/tcp"]![0]!.HostPort).toBe(String(port + 1));
    expect([a, b].map((ports) => ports!["90/tcp"]![0]!.HostPort)).toEqual(["8000", "8001"]);
    for (const name of ["a", "b"]) await networks.disconnect(attachment(name).id);
    await networks.close();
  });

  test("has given a port back when it is disconnected, even by a proxy that is slow to end", async () => {
    const proxyProgram = join(place.dir, "docker-proxy");
    const slow = "trap 'sleep 0.2; exit' INT; echo 0 >&3; exec 3>&-; while :; do sleep 0.01; done";
    writeFileSync(proxyProgram, `#!/bin/sh\n${slow}\n`, { mode: 0o755 });
    const networks = await open({ iptables: false, proxyProgram });
    await networks.connect(attachment("a", publish(["80/tcp", "8081"])));
    expect(proxies()).not.toEqual([]);
    await networks.disconnect(attachment("a").id);
    expect(proxies()).toEqual([]);
    await networks.close();
  });

  test("says in Docker's words that a port is taken, and leaves nothing of the attempt", async () => {
    const networks = await open();
    await networks.connect(attachment("a", publish(["80/tcp", "8081"])));
    const before = listLinks().length;
    await expect(networks.connect(attachment("b", publish(["70/tcp", "8070"], ["80/tcp", "8081"])))).rejects.toThrow(
      /^driver failed programming external connectivity on endpoint b \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8081 failed: port is already allocated$/,
    );
    const other = createServer().listen(8090);
    await expect(networks.connect(attachment("b", publish(["80/tcp", "8090"])))).rejects.toThrow(
      "Error starting userland proxy: listen tcp4 0.0.0.0:8090: bind: address already in use",
    );
    other.close();
    await expect.poll(() => listLinks().length).toBe(before); // the kernel takes its time
    expect(iptablesSave()).not.toContain("8070");
    const without = await open({ proxyProgram: "/nowhere/docker-proxy" });
    await expect(without.connect(attachment("c", publish(["80/tcp", "8090"])))).rejects.toThrow(
      "fork/exec /nowhere/docker-proxy: no such file or directory",
    );
    await networks.connect(attachment("b", publish(["80/tcp", "8070"]))); // which was given back
    for (const name of ["a", "b"]) await networks.disconnect(attachment(name).id);
    await networks.close();
  });

  test("connects a container to the host's network, to none, or to nothing there is", async () => {
    const networks = await open();
    for (const mode of ["host", "none"]) {
      const { netnsPath } = await networks.connect(attachment(mode, { NetworkMode: mode }));
      const settings = networks.settings(attachment(mode, { NetworkMode: mode }));
      expect(netnsPath).toBe(mode === "host" ? settings.SandboxKey : undefined);
      expect(settings.SandboxKey).toMatch(mode === "host" ? /\/netns\/default$/ : /\/netns\/[0-9a-f]{12}$/);
      expect(settings.Networks![mode]).toMatchObject({ NetworkID: networks.inspect(mode).Id, IPAddress: "" });
      await networks.disconnect(attachment(mode).id);
    }
    await expect(networks.connect(attachment("a", { NetworkMode: "mine" }))).rejects.toThrow("network mine not found");
    await networks.close();
  });

  test("furnishes a namespace that the runtime has made", async () => {
    const networks = await open();
    const sleeper = inNetworkNamespace(outside, () => spawnInNewNetwork());
    expect((await networks.connect({ ...attachment("a"), remapped: true })).netnsPath).toBe(undefined);
    await expect.poll(() => readFileSync(`/proc/${sleeper.pid}/comm`, "utf8")).toBe("busybox\n");
    networks.furnish(attachment("a").id, sleeper.pid!);
    const { IPAddress } = networks.settings(attachment("a"));
    const { status } = await runProgram("busybox", ["ping", "-c", "1", "-W", "5", IPAddress]);
    expect(status).toBe(0);
    await networks.disconnect(attachment("a").id);
    await networks.close();
  });
});

function spawnInNewNetwork(): ChildProcess {
  const sleeper = spawn("unshare", ["--net", "busybox", "sleep", "60"], { stdio: "ignore" });
  cleanups.push(() => sleeper.kill("SIGKILL"));
  return sleeper;
}

describe("open() after a daemon that was killed", () => {
  test("finds what live containers have, and takes down what the dead ones had", async () => {
    const killed = await open();
    const a = (await killed.connect(attachment("a", publish(["80/tcp", "8081"])))).netnsPath!;
    const b = (await killed.connect(attachment("b", publish(["80/tcp", "8082"])))).netnsPath!;
    serve(a, 80);
    const { IPAddress, Ports } = killed.settings(attachment("a"));
    const proxy = proxies().find((line) => line.includes("8081"))!;
    const networks = await open({}, (id) => id === attachment("a").id);
    expect(networks.settings(attachment("a"))).toMatchObject({ IPAddress, Ports });
    expect(await ask(outside, HOST_IP, 8081)).toBe(OUTSIDE_IP);
    expect(proxies()).toContain(proxy); // with the connections it has
    await expect.poll(() => proxies().filter((line) => line.includes("8082"))).toEqual([]);
    expect(existsSync(b)).toBe(false);
    expect(iptablesSave()).not.toContain("8082");
    await networks.connect(attachment("c"));
    expect(networks.settings(attachment("c")).IPAddress).not.toBe(IPAddress);
    for (const name of ["a", "c"]) await networks.disconnect(attachment(name).id);
    await networks.close();
  });

  test("goes on with another network: who runs on in the old one is told of, and out of it", async () => {
    const killed = await open({ bridgeAddress: "10.99.1.1/24" });
    await killed.connect(attachment("a", publish(["80/tcp", "8081", "127.0.0.1"])));
    const networks = await open({ bridgeAddress: "10.99.2.1/24" }, () => true);
    expect(warnings.splice(0)).toEqual([
      "a is in no network until it is started again: Invalid address 10.99.1.2: It does not belong to any of this network's subnets",
    ]);
    expect(networks.settings(attachment("a"))).toMatchObject({ IPAddress: "", Ports: {} });
    await expect.poll(proxies).toEqual([]);
    await networks.connect(attachment("a"));
    expect(networks.settings(attachment("a")).IPAddress).toBe("10.99.2.2");
    await networks.disconnect(attachment("a").id);
    await networks.close();
  });

  test("starts proxies again that have ended, and ends those that nobody has noted", async () => {
    const killed = await open();
    await killed.connect(attachment("a", publish(["80/tcp", "8081", "127.0.0.1"])));
    await killed.connect(attachment("b", publish(["80/tcp", "8082", "127.0.0.1"])));
    const pidOf = (port: number) =>
      Number(
        proxies()
          .find((line) => line.includes(`${port}`))
          ?.split(" ")[0],
      );
    const lost = pidOf(8081);
    process.kill(lost, "SIGKILL");
    rmSync(join(place.dir, "data/network/files/sandboxes", `${attachment("b").id}.json`));
    const forgotten = pidOf(8082);
    await expect.poll(() => processExists(lost)).toBe(false); // its command line goes sooner
    const networks = await open({}, () => true);
    expect(pidOf(8081)).toBeGreaterThan(0);
    await expect.poll(() => processExists(forgotten)).toBe(false);
    expect(readdirSync(join(place.dir, "exec/netns"))).toHaveLength(1);
    await networks.disconnect(attachment("a").id);
    await networks.close();
  });
});

/** `PID command line` of the docker-proxies in this test's network. */
function proxies(): string[] {
  const own = readlinkSync("/proc/self/ns/net");
  return readdirSync("/proc")
    .filter(Number)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
        return line.includes("docker-proxy -proto") && readlinkSync(`/proc/${pid}/ns/net`) === own
          ? [`${pid} ${line.trim()}`]
          : [];
      } catch {
        return []; // it has ended
      }
    });
}
