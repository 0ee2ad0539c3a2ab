/**
 * From what a registry answers, or fails to answer, to errors that a caller can act on.
 *
 *     {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": …}]}
 *
 * @see https://docs.docker.com/registry/spec/api/#errors
 */
import {
  InvalidArgument,
  KindError,
  NotFound,
  OutOfRange,
  PermissionDenied,
  Unauthenticated,
  Unavailable,
} from "@eras/oci-spec/errdefs.ts";
import type { Answer } from "./http.ts";

/** The registry may well answer another time: a request that changes nothing is worth repeating. */
export class TryAgain extends Unavailable {
  /** How long the registry asks to be left alone. Undefined if it says nothing. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A server's no as it came: the cause of what `answerError` returns, for whoever tells of it in words of his own. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly url: URL;
  readonly status: number;
  /** Empty when it could not be read. */
  readonly body: string;
  /** The header WWW-Authenticate. */
  readonly challenges: string | undefined;

  constructor({ url, status, statusText, headers }: Answer, body: string) {
    super(`${status} ${statusText}`);
    this.url = url;
    this.status = status;
    this.body = body;
    this.challenges = headers["www-authenticate"];
  }
}

/** There is nothing to say that lets us in: the request was not made, or not again. The cause says why, and whether another time may do. */
export class NotAuthorized extends Unauthenticated {
  readonly method: string;
  readonly url: URL;

  constructor(method: string, url: URL, cause: Error) {
    super(`Cannot ${method} ${url.href}: ${cause.message}`, { cause });
    this.method = method;
    this.url = url;
  }
}

/** The answer to the request itself that an error is about; undefined when it is another failure. */
export function refusalOf(error: unknown): Refusal | undefined {
  for (let cause = error; cause instanceof Error && !(cause instanceof NotAuthorized); cause = cause.cause)
    if (cause instanceof Refusal) return cause;
  return undefined;
}

/** Answers that are about this moment, and not about the request: RFC 9110, section 15, and RFC 6585. */
const MOMENTARY = new Set([408, 429, 500, 502, 503, 504]);

/** Errors of a connection that had been there, or whose absence may pass. That nobody listens, or no such name exists, will not pass. */
const DROPPED = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ECONNABORTED", "HPE_INVALID_EOF_STATE"]);

/** The most that is read of an error's body. */
const MAX_ERROR_BYTES = 64 << 10;

/**
 * What an answer that isn't a success means. Reads the answer's body.
 *
 * @param what - What was asked: `GET http://localhost:5000/v2/busybox/manifests/latest`.
 */
export async function answerError(what: string, answer: Answer): Promise<KindError> {
  const cause = new Refusal(answer, await bodyOf(answer));
  const text = `Cannot ${what}: ${answer.status} ${reasonOf(cause.body) ?? answer.statusText}`;
  if (MOMENTARY.has(answer.status)) return new TryAgain(text, { cause, retryAfterMs: retryAfterMs(answer) });
  switch (answer.status) {
    case 401:
      return new Unauthenticated(text, { cause });
    case 403:
      return new PermissionDenied(text, { cause });
    case 404:
      return new NotFound(text, { cause });
    case 416:
      return new OutOfRange(text, { cause });
    default:
      return answer.status >= 500 ? new Unavailable(text, { cause }) : new InvalidArgument(text, { cause });
  }
}

/** What a connection's failure means. */
export function connectionError(what: string, error: unknown): Error {
  if (!(error instanceof Error) || error instanceof KindError || error.name === "AbortError") return error as Error;
  const { code = "" } = error as NodeJS.ErrnoException;
  const text = `Cannot ${what}: ${error.message || code}`; // for several addresses Node gives a code alone
  return DROPPED.has(code) ? new TryAgain(text, { cause: error }) : new Unavailable(text, { cause: error });
}

/** A body that breaks off, or has no end, tells nothing. */
async function bodyOf(answer: Answer): Promise<string> {
  try {
    return (await answer.bytes(MAX_ERROR_BYTES)).toString();
  } catch {
    return "";
  }
}

/** The registry's own words. */
function reasonOf(body: string): string | undefined {
  try {
    const { errors } = JSON.parse(body) as {
      errors: readonly { readonly code?: string; readonly message?: string }[];
    };
    const texts = errors.map(({ code = "", message = "" }) => (message === "" ? code : `${code}: ${message}`));
    if (texts.length > 0) return texts.join("; ");
  } catch {
    // No registry's error, but a proxy's page, or nothing: the status says all there is.
  }
  return undefined;
}

/** Retry-After is in seconds, or a date: RFC 9110, section 10.2.3. */
function retryAfterMs({ headers }: Answer): number | undefined {
  const text = headers["retry-after"];
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
