/** `proxies` of the user's config file: how containers reach what is beyond a proxy. */
import type { ConfigContent, ProxyConfig } from "../config-file.ts";
import { splitPair } from "./pairs.ts";

const NAMES: readonly (readonly [string, keyof ProxyConfig])[] = [
  ["HTTP_PROXY", "httpProxy"],
  ["HTTPS_PROXY", "httpsProxy"],
  ["NO_PROXY", "noProxy"],
  ["FTP_PROXY", "ftpProxy"],
];

/**
 * Variables for a container, in both spellings that programs look for, without those that it has from the command line.
 *
 * @param daemon - `unix:///run/docker.sock`: one daemon may have proxies of its own.
 * @param given - `NAME=value`, or `NAME`.
 */
export function proxyVariables({ proxies }: ConfigContent, daemon: string, given: readonly string[]): string[] {
  const proxy = proxies?.[daemon] ?? proxies?.default ?? {};
  const names = new Set(given.map((word) => splitPair(word)[0]));
  return NAMES.flatMap(([name, key]) =>
    [name, name.toLowerCase()].flatMap((one) => (proxy[key] && !names.has(one) ? [`${one}=${proxy[key]}`] : [])),
  );
}
