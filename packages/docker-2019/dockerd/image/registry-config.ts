/** Which registries have mirrors, and of which no certificate is asked: `--registry-mirror`, `--insecure-registry`. */
import { isIPv4 } from "node:net";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { HostOptions } from "@eras/registry-client/hosts.ts";
import type { RegistryConfig } from "../../engine-api/system.ts";
import { parseAddress, Subnet } from "../network/subnet.ts";
import type { Options } from "../options/table.ts";

/** The only registry that has mirrors. */
const DOCKER_HUB = "docker.io";
/** Of the loopback no certificate is asked. */
const LOOPBACK = "127.0.0.0/8";

export type RegistryOptions = Pick<Options, "registryMirrors" | "insecureRegistries">;

/** How to ask a registry. The original also looks up the addresses of names, to find them in a network that is insecure; here names stand for themselves. */
export function registryOptions({ registryMirrors, insecureRegistries }: RegistryOptions, domain: string): HostOptions {
  const { hosts, networks } = insecure(insecureRegistries);
  const [name = "", port] = domain.split(":");
  const isListed = hosts.some((host) => host === domain || (port === undefined && host === name));
  const isInNetwork = isIPv4(name) && networks.some((network) => network.contains(parseAddress(name)));
  return { mirrors: { [DOCKER_HUB]: registryMirrors }, ...((isListed || isInNetwork) && { insecure: true }) };
}

/** As `docker info` tells it. */
export function registryConfig({ registryMirrors, insecureRegistries }: RegistryOptions): RegistryConfig {
  const Mirrors = registryMirrors.map((mirror) => new URL(mirror).href);
  const { hosts, networks } = insecure(insecureRegistries);
  const ofHost = (Name: string) => [Name, { Name, Mirrors: [], Secure: false, Official: false }] as const;
  return {
    AllowNondistributableArtifactsCIDRs: [],
    AllowNondistributableArtifactsHostnames: [],
    InsecureRegistryCIDRs: [...new Set([...networks.map(String), LOOPBACK])],
    IndexConfigs: {
      [DOCKER_HUB]: { Name: DOCKER_HUB, Mirrors, Secure: true, Official: true },
      ...Object.fromEntries(hosts.map(ofHost)),
    },
    Mirrors,
  };
}

/** Networks in CIDR notation, and hosts. @throws {InvalidArgument} When one is neither. */
export function insecure(registries: readonly string[]): { readonly hosts: string[]; readonly networks: Subnet[] } {
  const names = registries.map((text) => text.replace(/^https?:\/\//, "")); // a scheme is no part of it
  const isNetwork = (text: string) => /^[\d.]+\/\d+$/.test(text);
  const hosts = names.filter((name) => !isNetwork(name));
  const wrong = hosts.find((host) => !/^[a-zA-Z0-9](?:[\w.-]*[a-zA-Z0-9])?(?::\d+)?$/.test(host));
  if (wrong !== undefined)
    throw new InvalidArgument(`insecure registry ${wrong} is not valid: invalid host ${JSON.stringify(wrong)}`);
  return { hosts, networks: names.filter(isNetwork).map(Subnet.parse) };
}
