/**
 * Ports that are exposed, and where they are published.
 *
 *     80                     port 80 of the container, on any port of the host
 *     8080:80/udp            on port 8080
 *     127.0.0.1:8080:80      of this address only
 *     8000-8002:80-82        one by one
 *     8000-8009:80           on whichever of these is free
 */
import { isIP } from "node:net";
import type { Port, PortBinding } from "../../engine-api/container-config.ts";

export interface PublishedPorts {
  readonly exposed: Readonly<Record<Port, object>>;
  readonly bindings: Readonly<Record<Port, readonly PortBinding[]>>;
}

const PROTOCOLS = ["tcp", "udp", "sctp"];

/** @throws {Error} In the words of Docker's library. */
export function publishedPorts(specs: readonly string[], expose: readonly string[]): PublishedPorts {
  const exposed: Record<Port, object> = {};
  const bindings: Record<Port, PortBinding[]> = {};
  for (const [port, binding] of specs.flatMap((spec) => parsePortSpec(shortForm(spec)))) {
    exposed[port] = {};
    bindings[port] = [...(bindings[port] ?? []), binding];
  }
  for (const port of expose.flatMap(exposedPorts)) exposed[port] = {};
  return { exposed, bindings };
}

/** `target=80,published=8080,protocol=tcp` is the long form. */
function shortForm(spec: string): string {
  if (!spec.includes("=")) return spec;
  const fields = new Map(spec.split(",").map((field) => field.split("=", 2) as [string, string]));
  const unknown = [...fields.keys()].find((key) => !["target", "published", "protocol", "mode"].includes(key));
  if (unknown !== undefined) throw new Error(`invalid field key ${unknown}`);
  const target = fields.get("target");
  if (target === undefined) throw new Error('missing mandatory field "target"');
  const published = fields.has("published") ? `${fields.get("published")}:` : "";
  return `${published}${target}/${fields.get("protocol") ?? "tcp"}`;
}

function parsePortSpec(spec: string): [Port, PortBinding][] {
  const { address, host, container, protocol } = splitSpec(spec);
  if (container === "") throw new Error(`No port specified: ${spec}<empty>`);
  const inside = parseRange(container, "containerPort");
  const outside = host === "" ? undefined : parseRange(host, "hostPort");
  if (!PROTOCOLS.includes(protocol)) throw new Error(`Invalid proto: ${protocol}`);
  const isMany = outside && sizeOf(outside) !== sizeOf(inside);
  if (isMany && sizeOf(inside) !== 1)
    throw new Error(`Invalid ranges specified for container and host Ports: ${container} and ${host}`);
  return numbersOf(inside).map((port, index) => {
    const HostPort = outside === undefined ? "" : isMany ? host : String(outside.first + index);
    return [`${port}/${protocol}`, { HostIp: address, HostPort }];
  });
}

/** From the right: an address of IPv6 has colons too, and brackets around it. */
function splitSpec(spec: string): { address: string; host: string; container: string; protocol: string } {
  const [ports = "", protocol = "tcp"] = spec.split("/", 2);
  const parts = ports.split(":");
  const container = parts.pop()!;
  const host = parts.pop() ?? "";
  return { address: withoutBrackets(parts.join(":")), host, container, protocol: protocol.toLowerCase() };
}

/** @throws {Error} In the words of Go's library. */
function withoutBrackets(address: string): string {
  const [, ip = address, rest = ""] = /^\[(.*?)\](.*)$/s.exec(address) ?? [];
  const why = whyNoHost(ip, rest, ip !== address);
  if (why !== undefined) throw new Error(`Invalid ip address ${address}: address ${address}:: ${why}`);
  if (ip !== "" && isIP(ip) === 0) throw new Error(`Invalid ip address: ${ip}`);
  return ip;
}

/** @param rest - What comes after the brackets. @see https://pkg.go.dev/net#SplitHostPort, which is given a colon after the address */
function whyNoHost(ip: string, rest: string, isBracketed: boolean): string | undefined {
  if (!isBracketed && ip.startsWith("[")) return "missing ']' in address";
  if (rest.startsWith(":") || (!isBracketed && ip.includes(":"))) return "too many colons in address";
  return rest === "" ? undefined : "missing port in address";
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

function parseRange(text: string, what: string): PortRange {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (first === undefined || range.first > range.last || range.last > 65535)
    throw new Error(`Invalid ${what}: ${text}`);
  return range;
}

function sizeOf({ first, last }: PortRange): number {
  return last - first + 1;
}

function numbersOf({ first, last }: PortRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function exposedPorts(spec: string): Port[] {
  if (spec.includes(":")) throw new Error(`invalid port format for --expose: ${spec}`);
  const [ports = "", protocol = "tcp"] = spec.split("/", 2);
  try {
    return numbersOf(exposedRange(ports)).map((port) => `${port}/${protocol}`);
  } catch (error) {
    throw new Error(`invalid range format for --expose: ${spec}, error: ${(error as Error).message}`, { cause: error });
  }
}

function exposedRange(text: string): PortRange {
  const [first = "", last = first] = text.split("-", 2);
  const range = { first: portNumber(first), last: portNumber(last) };
  if (range.first > range.last) throw new Error(`Invalid range specified for the Port: ${text}`);
  return range;
}

/** @throws {Error} In Go's words. @see https://pkg.go.dev/strconv#ParseUint */
export function portNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) > 65535) throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
  return Number(text);
}
