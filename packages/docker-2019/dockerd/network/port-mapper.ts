/**
 * Published ports: which are given out, and what leads from each to its container, docker-proxy and, for IPv4, the packet filter.
 *
 *     -p 8081:80    0.0.0.0:8081 and [::]:8081 ─▶ 172.17.0.2:80
 *     -p 80         the same, from the next port of the kernel's range that is free
 */
import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { Dictionary, List, PortBinding } from "../../engine-api/container-config.ts";
import { isAlive, type ProxyProcess, startProxy, stopProxy } from "./proxy-process.ts";
import type { ForwardedPort } from "./rules.ts";

/** A port that is published, as it is kept. */
export interface PublishedPort extends ForwardedPort {
  /** undefined where there are none: `--userland-proxy=false`. */
  readonly proxy?: ProxyProcess;
}

/** What a container wants to publish. */
export interface WantedPort {
  readonly protocol: "tcp" | "udp";
  readonly containerPort: number;
  /** Empty: all, of both families. */
  readonly hostIp: string;
  /** First and last of those that will do; none: any. */
  readonly hostPorts: readonly [number, number] | undefined;
}

const RANGE_FILE = "/proc/sys/net/ipv4/ip_local_port_range";
/** What another port may be spared: that a container, or a program, has it. */
const ANOTHER_MAY_DO = /already (allocated|in use)/;
const EVERY_IPV4 = "0.0.0.0";
const EVERY_IPV6 = "::";

export class PortMapper {
  readonly #proxyProgram: string | undefined;
  /** `tcp 0.0.0.0 80` */
  readonly #taken = new Set<string>();
  #lastOfRange: number | undefined;

  /** @param proxyProgram - The path of docker-proxy; none: the packet filter alone. */
  constructor(proxyProgram: string | undefined) {
    this.#proxyProgram = proxyProgram;
  }

  /**
   * Publishes ports of a container, all or none.
   *
   * @throws {Unknown} With the original's words when a port is taken, by a container or by another program.
   */
  async publish(wanted: readonly WantedPort[], containerIp: string): Promise<PublishedPort[]> {
    const published: PublishedPort[] = [];
    try {
      for (const port of wanted) published.push(...(await this.#publish(port, containerIp)));
      return published;
    } catch (error) {
      await this.release(published);
      throw error;
    }
  }

  /** From now on no container can publish it: somebody else listens there. */
  reserve(protocol: WantedPort["protocol"], hostIp: string, hostPort: number): void {
    this.#taken.add(key({ protocol, hostIp, hostPort }));
  }

  /** Takes up what an earlier daemon has published: a proxy that has ended since is started again. */
  async resume(ports: readonly PublishedPort[]): Promise<PublishedPort[]> {
    const resumed: PublishedPort[] = [];
    for (const port of ports) {
      this.#taken.add(key(port));
      const lost = port.proxy === undefined || !isAlive(port.proxy);
      resumed.push(lost ? await this.#withProxy(port).catch(() => port) : port); // somebody has the port by now: the packet filter remains
    }
    return resumed;
  }

  /** Gives ports back. When this is over they can be published again. */
  async release(ports: readonly PublishedPort[]): Promise<void> {
    await Promise.all(ports.map(({ proxy }) => proxy && stopProxy(proxy)));
    for (const port of ports) this.#taken.delete(key(port));
  }

  /** Tries the ports that will do until nobody has one. */
  async #publish(wanted: WantedPort, containerIp: string): Promise<PublishedPort[]> {
    const hostIps = wanted.hostIp === "" ? [EVERY_IPV4, ...(hasIpv6() ? [EVERY_IPV6] : [])] : [wanted.hostIp];
    const candidates = wanted.hostPorts === undefined ? this.#nextOfRange() : numbers(...wanted.hostPorts);
    let reason: unknown;
    for (const hostPort of candidates) {
      const ports = hostIps.map((hostIp) => ({ ...wanted, hostIp, hostPort, containerIp })).map(forwarded);
      const taken = ports.find((port) => this.#taken.has(key(port)));
      try {
        if (taken) throw new Unknown(`Bind for ${address(taken)} failed: port is already allocated`);
        return await this.#publishAll(ports);
      } catch (error) {
        reason ??= error;
        if (!ANOTHER_MAY_DO.test((error as Error).message)) break;
      }
    }
    throw reason ?? new Unknown("all ports are allocated");
  }

  async #publishAll(ports: readonly ForwardedPort[]): Promise<PublishedPort[]> {
    for (const port of ports) this.#taken.add(key(port)); // before anything is waited for
    const started = await Promise.allSettled(ports.map((port) => this.#withProxy(port)));
    const published = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failure = started.find((result) => result.status === "rejected");
    if (!failure) return published;
    await this.release(published);
    for (const port of ports) this.#taken.delete(key(port));
    throw new Unknown((failure.reason as Error).message, { cause: failure.reason });
  }

  async #withProxy(port: ForwardedPort): Promise<PublishedPort> {
    if (this.#proxyProgram === undefined) return port;
    return { ...port, proxy: await startProxy(this.#proxyProgram, port) };
  }

  /** All ports of the kernel's range, from the one after that which was tried last. */
  *#nextOfRange(): Generator<number> {
    const [first = 49_153, last = 65_535] = readFileSync(RANGE_FILE, "utf8").trim().split(/\s+/).map(Number);
    for (let i = first; i <= last; i++) {
      const previous = this.#lastOfRange;
      this.#lastOfRange = previous === undefined || previous < first || previous >= last ? first : previous + 1;
      yield this.#lastOfRange;
    }
  }
}

function forwarded({ protocol, hostIp, hostPort, containerIp, containerPort }: ForwardedPort): ForwardedPort {
  return { protocol, hostIp, hostPort, containerIp, containerPort };
}

function key({ protocol, hostIp, hostPort }: Pick<ForwardedPort, "protocol" | "hostIp" | "hostPort">): string {
  return `${protocol} ${hostIp} ${hostPort}`;
}

function address({ hostIp, hostPort }: ForwardedPort): string {
  return `${isIPv6(hostIp) ? `[${hostIp}]` : hostIp}:${hostPort}`;
}

function hasIpv6(): boolean {
  try {
    return readFileSync("/proc/sys/net/ipv6/conf/all/disable_ipv6", "utf8").trim() === "0";
  } catch {
    return false; // a kernel without
  }
}

function* numbers(first: number, last: number): Generator<number> {
  for (let number = first; number <= last; number++) yield number;
}

/**
 * What a container's configuration asks to be published.
 *
 * @param exposed - Ports that are published too, if `all` is set, with any port of the host: `-P`.
 * @param address - Of those that say none: `--ip`.
 * @throws {InvalidArgument} When a port is none.
 */
export function wantedPorts(
  bindings: Dictionary<List<PortBinding>> | undefined,
  exposed: readonly string[],
  { all, address = EVERY_IPV4 }: { all: boolean; address?: string },
): WantedPort[] {
  const bound = Object.entries(bindings ?? {}).filter(([, list]) => list?.length);
  const unbound = all ? exposed.filter((port) => !bound.some(([name]) => normal(name) === normal(port))) : [];
  const wanted = [
    ...bound.flatMap(([port, list]) => list!.map((binding) => wantedPort(port, binding))),
    ...unbound.map((port) => wantedPort(port, { HostIp: "", HostPort: "" })),
  ];
  wanted.sort((a, b) => Number(a.hostPorts === undefined) - Number(b.hostPorts === undefined)); // else another may get what one has asked for
  if (address === EVERY_IPV4) return wanted; // then of IPv6 too
  return wanted.map((port) => ({ ...port, hostIp: port.hostIp || address }));
}

function wantedPort(port: string, { HostIp, HostPort }: PortBinding): WantedPort {
  const [number, protocol] = normal(port).split("/") as [string, string];
  if (protocol !== "tcp" && protocol !== "udp") throw new InvalidArgument(`invalid port specification: "${port}"`);
  const containerPort = portNumber(number);
  const [first, last = first] = (HostPort ?? "").split("-");
  const hostPorts = first === "" || first === "0" ? undefined : ([portNumber(first!), portNumber(last!)] as const);
  return { protocol, containerPort, hostIp: HostIp ?? "", hostPorts };
}

/** `80` is `80/tcp`. */
function normal(port: string): string {
  return port.includes("/") ? port : `${port}/tcp`;
}

function portNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number > 0 && number < 65_536) return number;
  throw new InvalidArgument(`Invalid port specification: "${text}"`);
}

/** As NetworkSettings has them; what is exposed alone has null. */
export function portMap(
  published: readonly ForwardedPort[],
  exposed: readonly string[],
): Record<string, PortBinding[] | null> {
  const ports: Record<string, PortBinding[] | null> = {};
  for (const port of exposed) ports[normal(port)] = null;
  for (const { protocol, containerPort, hostIp, hostPort } of published) {
    const name = `${containerPort}/${protocol}`;
    ports[name] = [...(ports[name] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }];
  }
  return ports;
}
