/** Who the client says it is to a registry: the header X-Registry-Auth, JSON in base64url. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { AuthConfig } from "../../engine-api/auth.ts";

/** Nobody in particular, without the header. Nothing of it is kept, or logged. @throws {InvalidArgument} When it can't be read. */
export function authOf(header: string): AuthConfig {
  if (header === "") return {};
  try {
    return (JSON.parse(Buffer.from(header, "base64url").toString()) as AuthConfig | null) ?? {};
  } catch (cause) {
    throw new InvalidArgument("invalid X-Registry-Auth header", { cause: (cause as Error).name });
  }
}
