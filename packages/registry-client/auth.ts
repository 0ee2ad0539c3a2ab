/**
 * What to say to a registry so that it lets one in. Nothing at first: a registry that wants to know more answers with a challenge, and
 * from then on every request to it carries the answer.
 *
 *     request ──────────────▶ 401 + challenge
 *     learn(challenge)        Basic: remember that;  Bearer: remember the token server, forget a token that was refused
 *     header(scopes)          Basic credentials;     a token for these scopes, asked for once and kept until it expires
 *     request + header ─────▶ 200
 */
import { Unauthenticated } from "@eras/oci-spec/errdefs.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { CredentialStore } from "./credentials.ts";
import { basic, type Connection, requestToken, type Token, type TokenServer } from "./token.ts";

/** What one server has said that it wants. */
type Demand = { readonly scheme: "basic" } | ({ readonly scheme: "bearer" } & TokenServer);

/** Knows for one server what to say, for all requests to it. */
export class Authorizer {
  readonly #host: string;
  readonly #credentials: CredentialStore;
  readonly #connection: Connection;
  #demand: Demand | undefined;
  readonly #onIdentityToken: ((token: string) => void) | undefined;
  /** By their scopes. Requests that come at once share one. */
  readonly #tokens = new Map<string, Promise<Token>>();

  /** @param onIdentityToken - Told what a token server gives in exchange for the password. It is asked for only if somebody is to be told. */
  constructor(
    host: string,
    credentials: CredentialStore,
    connection: Connection,
    onIdentityToken?: (token: string) => void,
  ) {
    this.#host = host;
    this.#credentials = credentials;
    this.#connection = connection;
    this.#onIdentityToken = onIdentityToken;
  }

  /**
   * The header `Authorization` for a request that needs `scopes`; undefined as long as the server has asked for none.
   *
   * @throws {Unauthenticated} When nobody has told us who asks, or there is no token to be had.
   */
  async header(scopes: readonly string[]): Promise<string | undefined> {
    if (this.#demand === undefined) return undefined;
    if (this.#demand.scheme === "basic") return this.#basicHeader();
    return `Bearer ${await this.#token(this.#demand, scopes)}`;
  }

  /**
   * Takes in what a 401 has said.
   *
   * @param sent - The header that was refused.
   * @returns Whether it is worth asking again: there is something to say that has not been said.
   */
  async learn(challenges: string | undefined, scopes: readonly string[], sent: string | undefined): Promise<boolean> {
    const demand = parseChallenges(challenges).map(demandOf).find(Boolean);
    if (demand === undefined) return false;
    this.#demand = demand;
    if (demand.scheme === "basic") return sent === undefined || (await this.#basicHeader()) !== sent;
    if (sent !== undefined) this.#tokens.delete(scopeKey(scopes)); // it was refused: expired, or withdrawn
    return true;
  }

  async #basicHeader(): Promise<string> {
    const credentials = await this.#credentials(this.#host);
    if (credentials && "username" in credentials) return basic(credentials);
    throw new Unauthenticated("no basic auth credentials"); // Docker's words
  }

  async #token(server: TokenServer, scopes: readonly string[]): Promise<string> {
    const credentials = await this.#credentials(this.#host);
    if (credentials && "registryToken" in credentials) return credentials.registryToken;
    const key = scopeKey(scopes);
    const known = await this.#tokens.get(key)?.catch(() => undefined);
    if (known !== undefined && known.expiresAt > Date.now()) return known.token;
    const isLasting = this.#onIdentityToken !== undefined;
    const asked = requestToken(server, { scopes, credentials, isLasting }, this.#connection);
    this.#tokens.set(key, asked);
    const { token, identityToken } = await asked;
    if (identityToken !== undefined) this.#onIdentityToken?.(identityToken);
    return token;
  }
}

function scopeKey(scopes: readonly string[]): string {
  return scopes.join(" ");
}

function demandOf({ scheme, parameters }: Challenge): Demand | undefined {
  const realm = parameters.get("realm");
  if (scheme === "basic") return { scheme };
  if (scheme !== "bearer" || realm === undefined || !URL.canParse(realm)) return undefined;
  return { scheme, realm, service: parameters.get("service") };
}

/** What a request to a repository needs, in the token servers' words: `repository:library/busybox:pull,push`. */
export function repositoryScope(path: string, action: "pull" | "push"): string {
  return `repository:${path}:${action === "push" ? "pull,push" : "pull"}`;
}
