/**
 * Docker Content Trust: images signed by who made them. It takes a client of Notary's, which is not here: so what would be verified or signed is
 * refused, and not pulled or pushed as if nothing had been said.
 *
 * @see https://docs.docker.com/engine/security/trust/
 */
import type { Option } from "commander";
import { booleanFlag, isTrue } from "../command.ts";

export interface TrustFlags {
  readonly disableContentTrust: boolean;
}

export function contentTrustFlag(description: string): Option {
  return booleanFlag("--disable-content-trust", description, !isTrue(process.env.DOCKER_CONTENT_TRUST ?? ""));
}

/** @throws {Error} When the user wants signatures. */
export function refuseContentTrust({ disableContentTrust }: TrustFlags): void {
  if (!disableContentTrust)
    throw new Error(
      "content trust is not supported: leave out --disable-content-trust=false, or unset DOCKER_CONTENT_TRUST",
    );
}
