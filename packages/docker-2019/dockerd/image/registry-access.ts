/**
 * Who asks a registry: what `docker login` found out and every pull and push brings along, in the header X-Registry-Auth.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/registry/auth.go
 */
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import { type ClientOptions, RegistryClient } from "@eras/registry-client/client.ts";
import type { Credentials } from "@eras/registry-client/credentials.ts";
import { registryHosts } from "@eras/registry-client/hosts.ts";
import { NotAuthorized } from "@eras/registry-client/registry-error.ts";
import type { AuthConfig, AuthResponse } from "../../engine-api/auth.ts";
import { dialText } from "./dial-error.ts";
import { type RegistryOptions, registryOptions } from "./registry-config.ts";
import { notAuthorizedText } from "./registry-words.ts";

const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** What a registry is called in names, and by its clients. */
const DOCKER_HUB = "docker.io";
const DOCKER_HUB_ADDRESSES = ["", "docker.io", "index.docker.io", "registry-1.docker.io"];

/**
 * A client that asks as somebody, and says who to that one registry alone: not to its mirrors, nor to where it sends us.
 *
 * @param domain - Of the images' names: `docker.io`.
 * @param auth - Nobody in particular if it is empty.
 */
export function clientAs(
  auth: AuthConfig,
  domain: string,
  options: Omit<ClientOptions, "credentials"> = {},
): RegistryClient {
  const credentials = credentialsOf(auth);
  const own = registryHosts(domain).at(-1)!.host;
  return new RegistryClient({ ...options, credentials: async (host) => (host === own ? credentials : undefined) });
}

function credentialsOf({ username, password, identitytoken, registrytoken }: AuthConfig): Credentials | undefined {
  if (registrytoken) return { registryToken: registrytoken };
  if (identitytoken) return { identityToken: identitytoken };
  return username && password !== undefined ? { username, password } : undefined;
}

export interface LogInOptions {
  readonly registries?: RegistryOptions;
  readonly signal?: AbortSignal;
  readonly userAgent?: string;
}

/**
 * Finds out whether a registry knows somebody: POST /auth.
 *
 * @throws {InvalidArgument} When the address is none; {Unknown} when the registry refuses, or isn't there.
 */
export async function logIn(auth: AuthConfig, { registries, ...asking }: LogInOptions = {}): Promise<AuthResponse> {
  const domain = domainOf(auth.serveraddress ?? "");
  const options = { ...(registries && registryOptions(registries, domain)), ...asking };
  const host = registryHosts(domain, options).at(-1)!;
  const url = new URL(`${host.api}/`);
  let IdentityToken = auth.identitytoken ?? "";
  const onIdentityToken = (token: string) => {
    IdentityToken = token;
  };
  const client = clientAs({ ...auth, registrytoken: "" }, domain, { ...options, onIdentityToken });
  const status = await statusOf(() => client.send(host, url, { method: "GET", target: url }, []), url);
  if (status === 200) return { IdentityToken, Status: "Login Succeeded" };
  throw new Unknown(`login attempt to ${url.href} failed with status: ${status} ${STATUS_CODES[status] ?? ""}`);
}

async function statusOf(ask: () => ReturnType<RegistryClient["send"]>, url: URL): Promise<number> {
  try {
    const answer = await ask();
    answer.drop();
    return answer.status;
  } catch (cause) {
    if (cause instanceof NotAuthorized) throw new Unknown(await notAuthorizedText(cause), { cause });
    throw new Unknown(`Get "${url.href}": ${(await dialText(cause)) ?? (cause as Error).message}`, { cause });
  }
}

/** Old clients give URLs: `https://index.docker.io/v1/`. */
function domainOf(address: string): string {
  const host = address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  if (DOCKER_HUB_ADDRESSES.includes(host)) return DOCKER_HUB;
  if (/^[\w.:[\]-]+$/.test(host) && URL.canParse(`https://${host}`)) return host;
  throw new InvalidArgument(`unable to parse server address: ${JSON.stringify(address)} is no host`);
}
