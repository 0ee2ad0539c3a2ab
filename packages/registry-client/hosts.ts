/**
 * Where a registry is to be asked: what people write before the first slash of an image's name, as servers in the order in which they are
 * tried.
 *
 *     docker.io          https://registry-1.docker.io      the domain in names was that of the index, which is no registry
 *     localhost:5000     http://localhost:5000             no certificate can be had for a loopback address
 *     ghcr.io            https://ghcr.io
 *
 * Mirrors come first, for reading alone; what they lack is asked of the registry itself.
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/docs/hosts.md
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** What a server may be asked for. */
export type Capability = "pull" | "push";

/** One server that speaks the Registry API. */
export interface RegistryHost {
  /** The API's root, without a slash at the end: `https://registry-1.docker.io/v2`. */
  readonly api: string;
  /** `registry-1.docker.io`, `localhost:5000` */
  readonly host: string;
  readonly capabilities: readonly Capability[];
  /** The registry that a mirror stands in for, which it is told in the query: one mirror may serve many. */
  readonly namespace?: string;
  readonly tls: TlsOptions;
}

/** How a server's certificate is judged. */
export interface TlsOptions {
  /** Accept any. */
  readonly skipVerify?: boolean;
  /** Certificates to trust beside Node's own, PEM. */
  readonly ca?: string;
}

export interface HostOptions extends TlsOptions {
  /** Without TLS, wherever the registry is. */
  readonly plainHttp?: boolean;
  /** Accept any certificate, and if it speaks no TLS at all, do without. */
  readonly insecure?: boolean;
  /** URLs of mirrors, the best first, by the domain that they stand in for: `docker.io` → `["http://localhost:5001"]`. */
  readonly mirrors?: Readonly<Record<string, readonly string[]>>;
}

const DOCKER_HUB = "docker.io";
const DOCKER_HUB_REGISTRY = "registry-1.docker.io";
const HTTPS_PORT = "443";

/**
 * The servers for names of `domain`, in the order in which to try them.
 *
 * @throws {InvalidArgument} When the URL of a mirror isn't one.
 */
export function registryHosts(domain: string, options: HostOptions = {}): readonly RegistryHost[] {
  const { ca, insecure = false } = options;
  const skipVerify = insecure || options.skipVerify;
  const tls: TlsOptions = { ...(skipVerify !== undefined && { skipVerify }), ...(ca !== undefined && { ca }) };
  const host = domain === DOCKER_HUB ? DOCKER_HUB_REGISTRY : domain;
  const schemes = options.plainHttp || speaksPlainHttp(host) ? ["http"] : ["https", ...(insecure ? ["http"] : [])];
  const mirrors = options.mirrors?.[domain] ?? [];
  return [
    ...mirrors.map((url) => mirrorHost(url, domain, tls)),
    ...schemes.map((scheme) => serverHost(`${scheme}://${host}/v2`, host, tls)),
  ];
}

function serverHost(api: string, host: string, tls: TlsOptions): RegistryHost {
  return { api, host, capabilities: ["pull", "push"], tls };
}

function mirrorHost(text: string, namespace: string, tls: TlsOptions): RegistryHost {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InvalidArgument(`Cannot use mirror ${JSON.stringify(text)}: it is not an http or https URL`);
  const root = url.href.replace(/\/+$/, "");
  return {
    api: root.endsWith("/v2") ? root : `${root}/v2`,
    host: url.host,
    capabilities: ["pull"],
    namespace,
    tls,
  };
}

/** Loopback addresses do, except on the port that is https's own. */
function speaksPlainHttp(host: string): boolean {
  const { hostname, port } = new URL(`http://${host}`);
  const isLoopback = hostname === "localhost" || /^127(?:\.\d+){3}$/.test(hostname) || hostname === "[::1]";
  return isLoopback && !host.endsWith(`:${HTTPS_PORT}`) && port !== HTTPS_PORT;
}
