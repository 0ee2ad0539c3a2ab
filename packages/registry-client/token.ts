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
  /** What the token server takes in place of the password from now on. */
  readonly identityToken?: string;
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
/** Asks for an identity token too. */
const LASTING = { offline_token: "true", client_id: CLIENT_ID };

/** What a token is asked for. */
export interface TokenRequest {
  /** `repository:web:pull,push` */
  readonly scopes: readonly string[];
  /** Nobody in particular if not given. Of a registry's own token the token server knows nothing. */
  readonly credentials: Exclude<Credentials, { readonly registryToken: string }> | undefined;
  /** Whether an identity token is wanted too. */
  readonly isLasting: boolean;
}

/** How the exchange with the token server is to be made. */
export type Connection = Pick<Exchange, "tls" | "silenceMs" | "signal">;

/**
 * Asks for a token.
 *
 * @throws {Unauthenticated} When the token server doesn't know who asks, or gives none; {TryAgain} and the like.
 */
export async function requestToken(
  server: TokenServer,
  { scopes, credentials, isLasting }: TokenRequest,
  connection: Connection,
): Promise<Token> {
  const sent =
    credentials && "identityToken" in credentials
      ? refreshRequest(server, scopes, credentials.identityToken)
      : tokenRequest(server, scopes, credentials, isLasting ? LASTING : {});
  const answer = await exchange({ ...sent, ...connection });
  if (answer.status !== 200) throw await answerError(`${sent.method} ${sent.url.href}`, answer);
  return readToken((await answer.bytes(MAX_ANSWER_BYTES)).toString());
}

type Sent = Pick<Exchange, "method" | "url" | "headers" | "body">;

function tokenRequest(
  { realm, service }: TokenServer,
  scopes: readonly string[],
  credentials: { readonly username: string; readonly password: string } | undefined,
  more: Readonly<Record<string, string>>,
): Sent {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
  if (credentials === undefined) return { method: "GET", url, headers: {} };
  url.searchParams.set("account", credentials.username);
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

function readToken(text: string): Token {
  const answer = parseAnswer(text);
  const token = answer.access_token || answer.token;
  if (typeof token !== "string" || token === "")
    throw new Unauthenticated("authorization server did not include a token in the response"); // Docker's words
  const lifeMs = Math.max(Number(answer.expires_in ?? DEFAULT_LIFE_S), DEFAULT_LIFE_S) * 1000;
  const identityToken = answer.refresh_token;
  return {
    token,
    expiresAt: Date.now() + lifeMs - EARLY_MS,
    ...(typeof identityToken === "string" && identityToken !== "" && { identityToken }),
  };
}

interface TokenAnswer {
  readonly token?: unknown;
  /** The same by the name that OAuth 2 has for it. */
  readonly access_token?: unknown;
  readonly expires_in?: unknown;
  readonly refresh_token?: unknown;
}

function parseAnswer(text: string): TokenAnswer {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === "object" && answer !== null) return answer;
    throw new Error("it is no JSON object");
  } catch (cause) {
    throw new Unauthenticated(`unable to decode token response: ${(cause as Error).message}`, { cause });
  }
}
