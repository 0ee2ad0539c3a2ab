/** The default bridge and published ports of our dockerd's library beside those of genuine dockerd, each as a host in a network namespace of its own. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Networks } from "@eras/docker-2019/dockerd/network/networks.ts";
import type { NetworkSettings } from "@eras/docker-2019/engine-api/container.ts";
import type { NetworkResource } from "@eras/docker-2019/engine-api/network.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { inOwnNetwork } from "../harness/own-network.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";

/** What there is to see of a container `web` that publishes two ports and exposes a third. */
interface Picture {
  readonly rules: string;
  readonly settings: NetworkSettings;
  readonly network: NetworkResource;
  readonly hosts: string;
  readonly resolvConf: string;
  readonly eth0: string;
}

const PORTS = {
  PortBindings: {
    "80/tcp": [{ HostIp: "", HostPort: "8081" }],
    "90/udp": [{ HostIp: "127.0.0.1", HostPort: "8082" }],
  },
  ExtraHosts: ["db:10.1.2.3"],
  DnsSearch: ["example.org"],
};
const EXPOSED = { "70/tcp": {}, "80/tcp": {}, "90/udp": {} };

let genuine: Picture;
let ours: Picture;

beforeAll(async () => {
  genuine = await onHostOfItsOwn(genuinePicture);
  ours = await onHostOfItsOwn(ourPicture);
});

async function onHostOfItsOwn(work: (place: Place) => Promise<Picture>): Promise<Picture> {
  const place = newPlace();
  try {
    return await inOwnNetwork(() => work(place));
  } finally {
    left.push(...(await removePlace(place)));
  }
}
const left: string[] = [];
afterAll(() => expect(left).toEqual([]));

async function genuinePicture({ dir, cgroupParent }: Place): Promise<Picture> {
  const flags = ["--bridge=", "--iptables=true", "--cgroup-parent", `/${cgroupParent}`];
  const docker = await GenuineDocker.start(dir, { flags });
  try {
    docker.docker(["load"], busyboxImage("busybox:latest"));
    const options = ["-p", "8081:80", "-p", "127.0.0.1:8082:90/udp", "--expose", "70", "--add-host", "db:10.1.2.3"];
    const named = ["run", "-d", "--name", "web", "--hostname", "web", "--dns-search", "example.org"];
    docker.docker([...named, ...options, "busybox", "sleep", "1000"]);
    const [container] = JSON.parse(docker.docker(["inspect", "web"]));
    const [network] = JSON.parse(docker.docker(["network", "inspect", "bridge"]));
    const picture = {
      rules: execFileSync("iptables-save", { encoding: "utf8" }),
      settings: container.NetworkSettings,
      network,
      hosts: readFileSync(container.HostsPath, "utf8"),
      resolvConf: readFileSync(container.ResolvConfPath, "utf8"),
      eth0: eth0In(container.NetworkSettings.SandboxKey),
    };
    docker.docker(["rm", "-f", "web"]);
    return picture;
  } finally {
    await docker.stop();
  }
}

async function ourPicture({ dir }: Place): Promise<Picture> {
  const proxyProgram = resolve(import.meta.dirname, "../../bin/docker-proxy-2019");
  const roots = { dataRoot: join(dir, "data"), execRoot: join(dir, "exec") };
  const warn = (message: string) => left.push(message);
  const options = { ...roots, bridgeAddress: "172.17.0.1/16", proxyProgram, iptables: true, warn };
  const networks = await Networks.open(options, () => false);
  mkdirSync(join(dir, "web"));
  const config = { Hostname: "web", ExposedPorts: EXPOSED };
  const web = { id: "c".repeat(64), name: "web", dir: join(dir, "web"), config, hostConfig: PORTS };
  const { netnsPath, files } = await networks.connect(web);
  const picture = {
    rules: execFileSync("iptables-save", { encoding: "utf8" }),
    settings: networks.settings(web),
    network: networks.inspect("bridge"),
    hosts: readFileSync(files.hosts, "utf8"),
    resolvConf: readFileSync(files.resolvConf, "utf8"),
    eth0: eth0In(netnsPath!),
  };
  await networks.disconnect(web.id);
  await networks.close();
  return picture;
}

function eth0In(netnsPath: string): string {
  const shown = execFileSync("nsenter", [`--net=${netnsPath}`, "sh", "-c", "ip -br addr; ip route"], {
    encoding: "utf8",
  });
  return shown.replace(/eth0@if\d+/g, "eth0");
}

/** Of each chain of the kernel's and ours, its rules in their order, in the original's names. */
function byChain(rules: string): Record<string, string[]> {
  const chains: Record<string, string[]> = {};
  for (const table of rules.split("*").slice(1)) {
    const name = table.split("\n")[0]!;
    for (const line of table.split("\n").filter((line) => line.startsWith("-A "))) {
      const plain = line.replaceAll("ERAS2019", "DOCKER").replaceAll("eras2019", "docker0");
      if (/-j DOCKER-(FORWARD|POSTROUTING)$/.test(plain)) continue; // what the original has in the kernel's own chains
      const [, chain = "", rule = ""] = /^-A (\S+) (.*)$/.exec(
        plain.replace(/^-A DOCKER-(FORWARD|POSTROUTING) /, "-A $1 "),
      )!;
      chains[`${name} ${chain}`] = [...(chains[`${name} ${chain}`] ?? []), rule];
    }
  }
  const ofPorts = (rule: string) => Number(rule.includes("--dport"));
  for (const chain of Object.values(chains)) // the original takes ports as they come in a map of Go's: in another order each time
    chain.sort((a, b) => ofPorts(a) - ofPorts(b) || (ofPorts(a) && a.localeCompare(b)));
  return chains;
}

/** Without IDs, times and the bridge's name. */
function comparable(picture: unknown): unknown {
  return JSON.parse(
    JSON.stringify(picture)
      .replace(/[0-9a-f]{64}/g, "ID")
      .replace(/netns\/[0-9a-f]{12}/g, "netns/ID")
      .replace(/"[^"]*\/netns\//g, '"DIR/netns/')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, "TIME")
      .replaceAll("eras2019", "docker0"),
  );
}

describe("beside genuine dockerd", () => {
  test("the packet filter has the same rules, those that are not of ports in the same order", () => {
    expect(byChain(ours.rules)).toEqual(byChain(genuine.rules));
    expect(ours.rules).toContain(":FORWARD DROP");
    expect(genuine.rules).toContain(":FORWARD DROP");
  });

  test("inspect shows the same of a container's network", () => {
    expect(comparable(ours.settings)).toEqual(comparable(genuine.settings));
  });

  test("inspect shows the same of the network", () => {
    for (const config of genuine.network.IPAM.Config!) Object.assign(config, { Gateway: "172.17.0.1" }); // told from its second start on
    expect(comparable(ours.network)).toEqual(comparable(genuine.network));
  });

  test("a container has the same addresses, routes, hosts and resolvers", () => {
    expect(ours.eth0).toBe(genuine.eth0);
    expect(ours.hosts).toBe(genuine.hosts);
    expect(ours.resolvConf).toBe(genuine.resolvConf);
  });
});
