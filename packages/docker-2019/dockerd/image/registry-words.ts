/**
 * What a registry or its token server has refused, in Docker's words.
 *
 *     {"errors":[{"code":"DENIED","message":"ask the boss","detail":…}]}      denied: ask the boss
 *     {"errors":[{"code":"DENIED"}]}                                          denied
 *     {"details":"wrong password"}, as Docker Hub says it                     unauthorized: wrong password
 *     <html>                                                                  error parsing HTTP 403 response body: …
 *     500                                                                     received unexpected HTTP status: 500 Internal Server Error
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/distribution/errors.go
 * @see https://docs.docker.com/registry/spec/api/#errors-2
 */
import { Cancelled, KindError, NotFound, Unknown } from "@eras/oci-spec/errdefs.ts";
import { familiarName, familiarReference, type Reference } from "@eras/oci-spec/reference.ts";
import { parseChallenges } from "@eras/registry-client/challenge.ts";
import { NotAuthorized, type Refusal, refusalOf } from "@eras/registry-client/registry-error.ts";
import { list, parseWhole, struct, text } from "../api/shape.ts";
import { dialText, noConnection } from "./dial-error.ts";

const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** Of each code, the message that says no more than the code does. */
const MESSAGES: Readonly<Record<string, string>> = {
  UNKNOWN: "unknown error",
  UNSUPPORTED: "The operation is unsupported.",
  UNAUTHORIZED: "authentication required",
  DENIED: "requested access to the resource is denied",
  UNAVAILABLE: "service unavailable",
  TOOMANYREQUESTS: "too many requests",
  DIGEST_INVALID: "provided digest did not match uploaded content",
  SIZE_INVALID: "provided length did not match content length",
  NAME_INVALID: "invalid repository name",
  NAME_UNKNOWN: "repository name not known to registry",
  TAG_INVALID: "manifest tag did not match URI",
  MANIFEST_UNKNOWN: "manifest unknown",
  MANIFEST_INVALID: "manifest invalid",
  MANIFEST_UNVERIFIED: "manifest failed signature verification",
  MANIFEST_BLOB_UNKNOWN: "blob unknown to registry",
  BLOB_UNKNOWN: "blob unknown to registry",
  BLOB_UPLOAD_UNKNOWN: "blob upload unknown to registry",
  BLOB_UPLOAD_INVALID: "blob upload invalid",
};
/** Codes that a challenge has names of its own for: RFC 6750, section 3.1. */
const CHALLENGE_CODES: Readonly<Record<string, string>> = {
  invalid_token: "UNAUTHORIZED",
  insufficient_scope: "DENIED",
};
/** What the original doesn't try a push again for: then it tells of the first error alone. */
const FINAL = new Set(["UNAUTHORIZED", "UNSUPPORTED", "DENIED", "TOOMANYREQUESTS", "NAME_UNKNOWN"]);
const BODY = struct("", {
  Errors: list(struct("errcode.Error", { code: text("errcode.ErrorCode"), message: text() })),
});

/** One error of a refusal. */
interface Told {
  readonly text: string;
  /** Undefined when it is no registry's error. */
  readonly code?: string;
  /** It says no more than the code. */
  readonly isBare?: boolean;
}

/** Why a pull has failed: what is refused in one of three ways counts as not there. */
export async function pullError(cause: unknown, reference: Reference): Promise<unknown> {
  const [first] = toldBy(cause);
  if (first === undefined) return told(cause);
  const absence = first.isBare ? undefined : absenceText(first.code, reference);
  return absence === undefined
    ? new Unknown(first.text, { cause })
    : new NotFound(`${absence}: ${first.text}`, { cause });
}

function absenceText(code: string | undefined, reference: Reference): string | undefined {
  const name = familiarName(reference);
  if (code === "DENIED")
    return `pull access denied for ${name}, repository does not exist or may require 'docker login'`;
  if (code === "MANIFEST_UNKNOWN") return `manifest for ${familiarReference(reference)} not found`;
  return code === "NAME_UNKNOWN" ? `repository ${name} not found` : undefined;
}

/** Why a push has failed. */
export async function pushError(error: unknown): Promise<unknown> {
  const cause = error instanceof NotAuthorized ? error.cause : error; // without the request that it was for
  const errors = toldBy(cause);
  if (errors[0]?.code !== undefined && FINAL.has(errors[0].code)) return new Unknown(errors[0].text, { cause: error });
  if (errors.length > 0) return new Unknown(listText(errors), { cause: error });
  if (error === cause) return told(error);
  return new Unknown((await dialText(cause)) ?? (cause as Error).message, { cause: error });
}

/** Why nobody is let in: `Get "http://localhost:5000/v2/": unauthorized: wrong password`. */
export async function notAuthorizedText({ method, url, cause }: NotAuthorized): Promise<string> {
  const errors = toldBy(cause);
  const why = errors.length > 0 ? listText(errors) : ((await dialledText(cause)) ?? (cause as Error).message);
  return requestText(method, url.href, why);
}

/** `Get "http://localhost:5000/token": dial tcp …`, of a token server that isn't there. */
async function dialledText(error: unknown): Promise<string | undefined> {
  const dial = await dialText(error);
  const [, method, url] = /^Cannot (\w+) (\S+): /.exec((error as Error).message) ?? [];
  return dial === undefined || url === undefined ? undefined : requestText(method!, url, dial);
}

/** As Go's net/http says what has become of a request. */
function requestText(method: string, url: string, why: string): string {
  return `${method[0]}${method.slice(1).toLowerCase()} "${url}": ${why}`;
}

/** What is no refusal: a failure to let us in, or to be there; or the registry's answer makes no sense. Whose fault that is, no status says. */
async function told(cause: unknown): Promise<unknown> {
  if (cause instanceof Cancelled) return cause;
  const words = cause instanceof NotAuthorized ? await notAuthorizedText(cause) : await noConnection(cause);
  if (words !== undefined) return new Unknown(words, { cause });
  return cause instanceof KindError ? new Unknown(cause.message, { cause }) : cause;
}

/** The errors of what a server has answered to the request itself; none if it is another failure. */
function toldBy(error: unknown): readonly Told[] {
  const refusal = refusalOf(error);
  return refusal ? errorsOf(refusal) : [];
}

function errorsOf(refusal: Refusal): readonly Told[] {
  const { status, challenges, url } = refusal;
  if (status === 404 && url.pathname.includes("/blobs/sha256:")) return [{ text: "unknown blob" }];
  if (status < 400 || status >= 500)
    return [{ text: `received unexpected HTTP status: ${status} ${STATUS_CODES[status] ?? ""}` }];
  const challenged = parseChallenges(challenges).find(
    ({ scheme, parameters }) => status === 401 && scheme === "bearer" && CHALLENGE_CODES[parameters.get("error") ?? ""],
  )?.parameters;
  const ofBody = bodyErrors(refusal);
  if (challenged !== undefined) {
    const code = CHALLENGE_CODES[challenged.get("error")!]!;
    return [whole(code, challenged.get("error_description") || MESSAGES[code]!), ...ofBody];
  }
  return status === 401 && ofBody[0]?.code === undefined ? [whole("UNAUTHORIZED", MESSAGES.UNAUTHORIZED!)] : ofBody;
}

function bodyErrors({ status, body }: Refusal): readonly Told[] {
  try {
    const { Errors: errors = [] } = (parseWhole(body, BODY) ?? {}) as {
      Errors?: { code?: string; message?: string }[];
    };
    const { details, errors: raw = [] } = JSON.parse(body) as { details?: unknown; errors?: { detail?: unknown }[] };
    if (typeof details === "string" && details !== "") return [whole(DETAILS_CODES[status] ?? "UNKNOWN", details)];
    if (errors.length === 0) throw new Error("no error details found in HTTP response body");
    return errors.map(({ code = "", message = "" }, i) => toldError(code, message, raw[i]?.detail));
  } catch (error) {
    const shown = JSON.stringify(body); // as Go quotes it, but for rare characters
    return [{ text: `error parsing HTTP ${status} response body: ${(error as Error).message}: ${shown}` }];
  }
}

const DETAILS_CODES: Readonly<Record<number, string>> = { 401: "UNAUTHORIZED", 429: "TOOMANYREQUESTS" };

function toldError(name: string, message: string, detail: unknown): Told {
  const code = name in MESSAGES ? name : "UNKNOWN";
  const isBare = (detail ?? null) === null && (message === "" || message === MESSAGES[code]);
  return isBare ? { text: wordsOf(code), code, isBare } : whole(code, message);
}

function whole(code: string, message: string): Told {
  return { text: `${wordsOf(code)}: ${message}`, code };
}

/** `manifest unknown` */
function wordsOf(code: string): string {
  return code.toLowerCase().replaceAll("_", " ");
}

function listText(errors: readonly Told[]): string {
  const texts = errors.map(({ text: one }) => one);
  return texts.length === 1 ? texts[0]! : `errors:\n${texts.map((one) => `${one}\n`).join("")}`;
}
