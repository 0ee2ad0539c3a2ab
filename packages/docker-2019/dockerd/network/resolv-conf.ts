/** /etc/resolv.conf of a container: the host's, but for what holds on the host alone, and for what the container's options say. resolv.conf(5) */

/** When nobody else is left: Google's, as in the original. */
const DEFAULT_RESOLVERS = ["8.8.8.8", "8.8.4.4"];

export interface ResolvOptions {
  readonly dns: readonly string[];
  /** `.` alone: no domains are searched. */
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}

/** The resolvers that a resolv.conf names. */
export function resolversOf(text: string): string[] {
  return words(text, "nameserver").flatMap((line) => line.slice(0, 1));
}

/**
 * @param host - The text of the host's own. A container whose network is the host's gets its resolvers as they are.
 * @param sharesHost - Whether 127.0.0.1 is the host.
 */
export function resolvConf(host: string, options: ResolvOptions, { sharesHost }: { sharesHost: boolean }): string {
  const isAsOnHost = options.dns.length + options.dnsSearch.length + options.dnsOptions.length === 0;
  const hostResolvers = resolversOf(host).filter(
    (address) => sharesHost || (!isLoopback(address) && !address.includes(":")),
  );
  const resolvers = options.dns.length > 0 ? options.dns : hostResolvers;
  const named = resolvers.length > 0 || sharesHost ? resolvers : DEFAULT_RESOLVERS;
  if (isAsOnHost && named.join() === resolversOf(host).join()) return host;
  if (isAsOnHost) return withoutOthers(host, hostResolvers);
  const search = options.dnsSearch.length > 0 ? options.dnsSearch : (words(host, "search").at(-1) ?? []);
  const flags = options.dnsOptions.length > 0 ? options.dnsOptions : words(host, "options").flat();
  return [
    ...(search.length > 0 && search.join() !== "." ? [`search ${search.join(" ")}`] : []),
    ...named.map((address) => `nameserver ${address}`),
    ...(flags.length > 0 ? [`options ${flags.join(" ")}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** The host's, but for lines of resolvers that are of no use; comments stay. */
function withoutOthers(host: string, useful: readonly string[]): string {
  const isOther = (line: string) => resolversOf(line).some((address) => !useful.includes(address));
  const lines = host.split(/(?<=\n)/);
  const rest = lines.filter((line) => !isOther(line)).join("");
  return useful.length > 0
    ? rest
    : `${rest}\n${DEFAULT_RESOLVERS.map((address) => `nameserver ${address}\n`).join("")}`;
}

/** What follows a keyword, on each line that begins with it. */
function words(text: string, keyword: string): string[][] {
  return text
    .split("\n")
    .map((line) =>
      line
        .replace(/[#;].*/, "")
        .trim()
        .split(/\s+/),
    )
    .filter(([first]) => first === keyword)
    .map(([, ...rest]) => rest);
}

/** The container's own loopback has nobody who answers. */
function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
