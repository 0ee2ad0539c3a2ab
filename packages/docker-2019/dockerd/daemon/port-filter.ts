/** Ports that `docker ps --filter publish=…` and `expose=…` look for: `80`, `53/udp`, `8000-8010/tcp`. */
import { Unknown } from "@eras/oci-spec/errdefs.ts";
import type { PublishedPort } from "../../engine-api/container.ts";

const MAX_PORT = 0xffff;

export interface PortRange {
  readonly first: number;
  readonly last: number;
  readonly protocol: string;
}

/** @param name - Of the filter. @throws {Unknown} In Go's words. */
export function parsePortFilter(name: string, value: string): PortRange {
  if (value.includes(":")) throw new Unknown(`filter for '${name}' should not contain ':': ${value}`);
  const [ports = "", protocol = ""] = value.split("/");
  const refuse = (why: string) => new Unknown(`error while looking up for ${name} ${value}: ${why}`);
  if (ports === "") throw refuse("Empty string specified for ports.");
  const [first, last = first] = ports.split("-").map((text) => portNumber(text, refuse)) as [number, number?];
  if (last < first) throw refuse(`Invalid range specified for the Port: ${ports}`);
  return { first, last, protocol: protocol || "tcp" };
}

function portNumber(text: string, refuse: (why: string) => Unknown): number {
  const broken = (why: string) => refuse(`strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^\d+$/.test(text)) throw broken("invalid syntax");
  if (Number(text) > MAX_PORT) throw broken("value out of range");
  return Number(text);
}

/** A port that is not published is at the host's 0. */
export function isPublishedIn({ first, last, protocol }: PortRange, { PublicPort = 0, Type }: PublishedPort): boolean {
  return Type === protocol && first <= PublicPort && PublicPort <= last;
}

export function isExposedIn({ first, last, protocol }: PortRange, { PrivatePort, Type }: PublishedPort): boolean {
  return Type === protocol && first <= PrivatePort && PrivatePort <= last;
}
