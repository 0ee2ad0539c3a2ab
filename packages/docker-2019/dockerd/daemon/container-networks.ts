/**
 * The network of containers by their mode.
 *
 *     none             a namespace with nothing but loopback, made by the runtime
 *     host             the host's own
 *     container:NAME   another container's, which must run
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FailedPrecondition, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { NetworkSettings } from "../../engine-api/container.ts";
import type { Container } from "../container/container.ts";
import { hostsFile } from "../network/hosts-file.ts";
import { resolvConf } from "../network/resolv-conf.ts";
import type { Networks } from "./networks.ts";

/** The daemon's own, which is the host's. */
const HOST_NAMESPACE = `/proc/${process.pid}/ns/net`;

export class ContainerNetworks implements Networks {
  readonly #find: (name: string) => Container;

  /** @param find - Another container, by its name. */
  constructor(find: (name: string) => Container) {
    this.#find = find;
  }

  async connect(container: Container): Promise<string | undefined> {
    const mode = container.hostConfig.NetworkMode ?? "default";
    writeFiles(container, mode === "host");
    if (mode === "host") return HOST_NAMESPACE;
    if (mode === "none") return undefined;
    const [, name] = /^container:(.+)$/.exec(mode) ?? [];
    if (name !== undefined) return this.#pathOf(name);
    throw new InvalidArgument(`network ${mode} not found`);
  }

  #pathOf(name: string): string {
    const { id, state } = this.#find(name);
    if (!state.isRunning) throw new FailedPrecondition(`cannot join network of a non running container: ${id}`);
    return `/proc/${state.record.Pid}/ns/net`;
  }

  async disconnect(): Promise<void> {}

  settings(): NetworkSettings {
    return NOTHING;
  }
}

function writeFiles({ dir, config, hostConfig }: Container, sharesHost: boolean): void {
  const { Dns, DnsSearch, DnsOptions, ExtraHosts } = hostConfig;
  const { Hostname = "", Domainname = "" } = config;
  writeFileSync(join(dir, "hostname"), `${Domainname === "" ? Hostname : `${Hostname}.${Domainname}`}\n`);
  writeFileSync(join(dir, "hosts"), hostsFile({ extraHosts: ExtraHosts ?? [] }));
  const options = { dns: Dns ?? [], dnsSearch: DnsSearch ?? [], dnsOptions: DnsOptions ?? [] };
  writeFileSync(
    join(dir, "resolv.conf"),
    resolvConf(readFileSync("/etc/resolv.conf", "utf8"), options, { sharesHost }),
  );
}

const NOTHING: NetworkSettings = {
  Bridge: "",
  SandboxID: "",
  HairpinMode: false,
  LinkLocalIPv6Address: "",
  LinkLocalIPv6PrefixLen: 0,
  Ports: {},
  SandboxKey: "",
  SecondaryIPAddresses: null,
  SecondaryIPv6Addresses: null,
  EndpointID: "",
  Gateway: "",
  GlobalIPv6Address: "",
  GlobalIPv6PrefixLen: 0,
  IPAddress: "",
  IPPrefixLen: 0,
  IPv6Gateway: "",
  MacAddress: "",
  Networks: {},
};
