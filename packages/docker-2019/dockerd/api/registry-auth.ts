/** Who the client says it is to a registry: the header X-Registry-Auth, JSON in base64url. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { AuthConfig } from "../../engine-api/auth.ts";
import type { ApiCall } from "./call.ts";
import { AUTH } from "./requests.ts";

/** Nobody in particular, without the header, or when it can't be read. Nothing of it is kept, or logged. */
export function authOf(header: string): AuthConfig {
  try {
    return (JSON.parse(Buffer.from(header, "base64url").toString()) as AuthConfig | null) ?? {};
  } catch {
    return {};
  }
}

/** Of a push, the header or, as of old, the body. @throws {InvalidArgument} When there is neither. */
export async function authOfPush(call: ApiCall): Promise<AuthConfig> {
  const header = call.header("x-registry-auth");
  if (header !== "") return authOf(header);
  try {
    return await call.json(AUTH);
  } catch (cause) {
    throw new InvalidArgument(`Bad parameters and missing X-Registry-Auth: ${(cause as Error).message}`, { cause });
  }
}
