/**
 * Tokens: a registry sends whoever wants something to a token server, which tells by a token what he may do.
 *
 *     registry          401, Bearer realm="https://auth.example/token",service="registry",scope="repository:web:pull"
 *     token server      GET  /token?service=registry&scope=repository:web:pull             with Basic, or nobody in particular
 *                       POST /token  grant_type=refresh_token&refresh_token=…&scope=…      with an identity token
 *     registry          Authorization: Bearer TOKEN
 *
 * @see https://docs.docker.com/registry/spec/auth/token/
 * @see https://docs.docker.com/registry/spec/auth/oauth/
 */
import { Unauthenticated } from "@eras/oci-spec/errdefs.ts";
import type { Credentials } from "./credentials.ts";
import { type Exchange, exchange } from "./http.ts";
import { answerError } from "./registry-error.ts";

export interface Token {
  readonly token: string;
  /** When it will no longer do, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Where tokens are to be had: the parameters of a Bearer challenge. */
export interface TokenServer {
  readonly realm: string;
  readonly service: string | undefined;
}

/** What an answer says that says nothing. */
const DEFAULT_LIFE_S = 60;
/** Ask for a new one a little early: on its way it may expire. */
const EARLY_MS = 5000;
const MAX_ANSWER_BYTES = 1 << 20;
const CLIENT_ID = "docker-eras";

/** How the exchange with the token server is to be made. */
export type Connection = Pick<Exchange, "tls" | "silenceMs" | "signal">;

/**
 * Asks for a token.
 *
 * @param scopes - What for: `repository:web:pull,push`.
 * @throws {Unauthenticated} When the token server doesn't know who asks, or gives none; {TryAgain} and the like.
 */
export async function requestToken(
  server: TokenServer,
  scopes: readonly string[],
  credentials: Credentials | undefined,
  connection: Connection,
): Promise<Token> {
  const sent =
    credentials && "identityToken" in credentials
      ? refreshRequest(server, scopes, credentials.identityToken)
      : tokenRequest(server, scopes, credentials);
  const answer = await exchange({ ...sent, ...connection });
  if (answer.status !== 200) throw await answerError(`${sent.method} ${sent.url.href}`, answer);
  return readToken((await answer.bytes(MAX_ANSWER_BYTES)).toString(), server.realm);
}

type Sent = Pick<Exchange, "method" | "url" | "headers" | "body">;

function tokenRequest(
  { realm, service }: TokenServer,
  scopes: readonly string[],
  credentials: { readonly username: string; readonly password: string } | undefined,
): Sent {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credentials === undefined) return { method: "GET", url, headers: {} };
  return { method: "GET", url, headers: { authorization: basic(credentials) } };
}

function refreshRequest({ realm, service }: TokenServer, scopes: readonly string[], identityToken: string): Sent {
  const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: identityToken, client_id: CLIENT_ID });
  if (service !== undefined) form.set("service", service);
  form.set("scope", scopes.join(" "));
  return {
    method: "POST",
    url: new URL(realm),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(form.toString()),
  };
}

/** @see https://www.rfc-editor.org/rfc/rfc7617 */
export function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function readToken(text: string, realm: string): Token {
  const answer = parseAnswer(text, realm);
  const token = answer.token ?? answer.access_token;
  if (typeof token !== "string" || token === "")
    throw new Unauthenticated(`Cannot use the answer of ${realm}: it has no token`);
  const lifeMs = Math.max(Number(answer.expires_in ?? DEFAULT_LIFE_S), DEFAULT_LIFE_S) * 1000;
  return { token, expiresAt: Date.now() + lifeMs - EARLY_MS };
}

interface TokenAnswer {
  readonly token?: unknown;
  /** The same by the name that OAuth 2 has for it. */
  readonly access_token?: unknown;
  readonly expires_in?: unknown;
}

function parseAnswer(text: string, realm: string): TokenAnswer {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === "object" && answer !== null) return answer;
  } catch {
    // told below
  }
  throw new Unauthenticated(`Cannot use the answer of ${realm}: it is not a JSON object`);
}
