/** Who the client says it is to a registry: the header X-Registry-Auth, JSON in base64url. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { RegistryClient } from "@eras/registry-client/client.ts";
import type { Credentials } from "@eras/registry-client/credentials.ts";
import type { AuthConfig } from "../../engine-api/auth.ts";

/** A client that is whoever the header says. Nothing of it is kept, or logged. @throws {InvalidArgument} When it can't be read. */
export function registryClientFor(header: string, signal: AbortSignal): RegistryClient {
  const credentials = credentialsOf(header);
  return new RegistryClient({ signal, ...(credentials && { credentials: async () => credentials }) });
}

function credentialsOf(header: string): Credentials | undefined {
  if (header === "") return undefined;
  let auth: AuthConfig | null;
  try {
    auth = JSON.parse(Buffer.from(header, "base64url").toString()) as AuthConfig | null;
  } catch (cause) {
    throw new InvalidArgument("invalid X-Registry-Auth header", { cause: (cause as Error).name });
  }
  const { username, password, identitytoken } = auth ?? {};
  if (identitytoken) return { identityToken: identitytoken };
  return username ? { username, password: password ?? "" } : undefined;
}
