/** How to talk to registries, as flags of `ctr images pull`, `push` and `ctr content fetch` say. */
import { readFileSync } from "node:fs";
import { RegistryClient } from "@eras/registry-client/client.ts";
import { type Credentials, dockerCredentials } from "@eras/registry-client/credentials.ts";
import type { Option } from "commander";
import { flag, listFlag } from "../command.ts";

export interface RegistryFlags {
  readonly skipVerify?: true;
  readonly plainHttp?: true;
  readonly user?: string;
  readonly refresh?: string;
  readonly tlscacert?: string;
  readonly mirror: readonly string[];
}

export const REGISTRY_OPTIONS: readonly Option[] = [
  flag("-k, --skip-verify", "skip SSL certificate validation"),
  flag("--plain-http", "allow connections using plain HTTP"),
  flag("-u, --user <value>", "user[:password] Registry user and password"),
  flag("--refresh <value>", "refresh token for authorization server"),
  flag("--tlscacert <value>", "path to TLS root CA"),
  listFlag("--mirror <url>", "URL of a mirror to ask first"),
];

/**
 * A client of the registry `domain`. Without `--user` and `--refresh` the credentials are those of `docker login`.
 *
 * @param signal - Ends all that it does.
 * @throws {Error} When the file of `--tlscacert` can't be read.
 */
export function registryClient(domain: string, flags: RegistryFlags, signal: AbortSignal): RegistryClient {
  const given = credentialsOf(flags);
  return new RegistryClient({
    credentials: given ? async () => given : dockerCredentials(),
    plainHttp: flags.plainHttp ?? false,
    skipVerify: flags.skipVerify ?? false,
    ...(flags.tlscacert !== undefined && { ca: readFileSync(flags.tlscacert, "utf8") }),
    mirrors: { [domain]: flags.mirror },
    signal,
  });
}

function credentialsOf({ user, refresh }: RegistryFlags): Credentials | undefined {
  if (refresh !== undefined) return { identityToken: refresh };
  if (user === undefined) return undefined;
  const colon = user.indexOf(":");
  return colon === -1
    ? { username: user, password: "" }
    : { username: user.slice(0, colon), password: user.slice(colon + 1) };
}
