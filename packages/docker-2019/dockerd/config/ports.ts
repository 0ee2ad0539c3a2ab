/** Ports as requests write them: `80/tcp`, `8000-8010`. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { HostConfig } from "../../engine-api/container-config.ts";

const MAX_PORT = 0xffff;

/** @throws {InvalidArgument} `invalid port specification: "…"` */
export function verifyPortBindings(bindings: HostConfig["PortBindings"]): void {
  for (const [port, hostPorts] of Object.entries(bindings ?? {})) {
    const number = port.split("/", 1)[0]!;
    if (number !== "" && portNumber(number) === undefined) throw invalid(number);
    for (const { HostPort = "" } of hostPorts ?? []) if (!isRange(HostPort.split("/", 1)[0]!)) throw invalid(HostPort);
  }
}

function invalid(port: string): InvalidArgument {
  return new InvalidArgument(`invalid port specification: ${JSON.stringify(port)}`);
}

function portNumber(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= MAX_PORT ? Number(text) : undefined;
}

/** One, or two with a dash; nothing at all is any. */
function isRange(text: string): boolean {
  if (text === "") return true;
  const ends = text.split("-").map(portNumber);
  const [first, last = first] = ends;
  return ends.length <= 2 && ends.every((end) => end !== undefined) && first! <= last!;
}
