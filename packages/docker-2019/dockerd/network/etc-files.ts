/** The three files that a container has of its own over its image's: hostname, hosts and resolv.conf, in its directory of the host. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerConfig, HostConfig, List } from "../../engine-api/container-config.ts";
import { type HostsOptions, hostsFile } from "./hosts-file.ts";
import type { NetworkMode } from "./network-mode.ts";
import { type ResolvOptions, resolvConf } from "./resolv-conf.ts";

/** Paths of the host. */
export interface EtcFiles {
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}

export interface EtcOptions {
  /** The container's directory. */
  readonly dir: string;
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly mode: NetworkMode;
  /** The container's; none if it has no endpoint. */
  readonly address: string | undefined;
  readonly links: NonNullable<HostsOptions["links"]>;
  readonly network: NetworkNames;
}

/** What the container's network says of names. */
export interface NetworkNames {
  /** What `host-gateway` means in `--add-host`. */
  readonly hostGateway: string;
  /** For containers that say nothing of it. */
  readonly resolv?: ResolvOptions;
}

/** Everybody reads them, root of the container writes them. */
const MODE = 0o644;
const HOST_GATEWAY = /:host-gateway$/;

export function etcFilesOf(dir: string): EtcFiles {
  return { hostname: join(dir, "hostname"), hosts: join(dir, "hosts"), resolvConf: join(dir, "resolv.conf") };
}

export function writeEtcFiles({ dir, config, hostConfig, mode, address, links, network }: EtcOptions): EtcFiles {
  const files = etcFilesOf(dir);
  const { Hostname: hostname = "", Domainname: domainname = "" } = config;
  const sharesHost = mode.kind === "host";
  const extraHosts = (hostConfig.ExtraHosts ?? []).map((host) => host.replace(HOST_GATEWAY, `:${network.hostGateway}`));
  const own = address === undefined ? undefined : { address, hostname, domainname };
  writeFileSync(files.hostname, `${hostname}\n`, { mode: MODE });
  const hosts = sharesHost ? ownHosts(extraHosts) : hostsFile({ extraHosts, own, links });
  writeFileSync(files.hosts, hosts, { mode: MODE });
  const { Dns, DnsSearch, DnsOptions } = hostConfig;
  const { dns = [], dnsSearch = [], dnsOptions = [] } = network.resolv ?? {};
  const options = {
    dns: said(Dns, dns),
    dnsSearch: said(DnsSearch, dnsSearch),
    dnsOptions: said(DnsOptions, dnsOptions),
  };
  writeFileSync(files.resolvConf, resolvConf(textOf("/etc/resolv.conf"), options, { sharesHost }), { mode: MODE });
  return files;
}

function said(own: List<string> | undefined, otherwise: readonly string[]): readonly string[] {
  return own?.length ? own : otherwise;
}

/** On the host's network the host's names hold. */
function ownHosts(extraHosts: readonly string[]): string {
  const added = hostsFile({ extraHosts })
    .split("\n")
    .slice(-extraHosts.length - 1, -1);
  return [textOf("/etc/hosts"), ...(extraHosts.length > 0 ? added.map((line) => `${line}\n`) : [])].join("");
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
