/** /etc/hosts of a container: names that are known without asking anybody. hosts(5) */

const FIXED = [
  ["127.0.0.1", "localhost"],
  ["::1", "localhost ip6-localhost ip6-loopback"],
  ["fe00::0", "ip6-localnet"],
  ["ff00::0", "ip6-mcastprefix"],
  ["ff02::1", "ip6-allnodes"],
  ["ff02::2", "ip6-allrouters"],
] as const;

export interface HostsOptions {
  /** `--add-host`: `NAME:ADDRESS`. The address may have colons, too. */
  readonly extraHosts: readonly string[];
  /** The container itself; undefined if it has no address. */
  readonly own?: { readonly address: string; readonly hostname: string; readonly domainname: string } | undefined;
  /** Of linked containers: each one's address and all its names. */
  readonly links?: readonly { readonly address: string; readonly names: readonly string[] }[];
}

export function hostsFile({ extraHosts, own, links = [] }: HostsOptions): string {
  const extra = extraHosts.map((text) => {
    const colon = text.indexOf(":");
    return [text.slice(colon + 1), text.slice(0, colon)];
  });
  const linked = links.map(({ address, names }) => [address, names.join(" ")]);
  return [...FIXED, ...extra, ...linked, ...(own ? [ownLine(own)] : [])]
    .map(([address, names]) => `${address}\t${names}\n`)
    .join("");
}

function ownLine({ address, hostname, domainname }: NonNullable<HostsOptions["own"]>): [string, string] {
  const fqdn = domainname === "" ? hostname : `${hostname}.${domainname}`;
  const [bare = ""] = fqdn.split("."); // a hostname may have its domain, too
  return [address, bare === fqdn ? fqdn : `${fqdn} ${bare}`];
}
