/**
 * The kinds of failure that a caller can act on.
 *
 * A caller acts on the kind, a person reads the message. Whoever knows what a failure means throws the class of its kind, with what
 * it caught as `cause`; whoever speaks a protocol translates kinds to that protocol's codes in one table:
 *
 *     const HTTP_STATUS = { NotFound: 404, Conflict: 409, … } satisfies Record<ErrorKind, number>;
 *     HTTP_STATUS[errorKind(error)]
 *
 * The kinds are those of containerd, which in turn are gRPC's codes and three more that Docker needs. A broken invariant is none of
 * these: it is a plain `Error`, a bug, and counts as Unknown.
 *
 * @see https://github.com/containerd/errdefs/blob/v1.0.0/errors.go
 */

/** The kinds, as `error.kind` has them. */
export type ErrorKind =
  | "Unknown"
  | "InvalidArgument"
  | "NotFound"
  | "AlreadyExists"
  | "PermissionDenied"
  | "ResourceExhausted"
  | "FailedPrecondition"
  | "Conflict"
  | "NotModified"
  | "Aborted"
  | "OutOfRange"
  | "NotImplemented"
  | "Internal"
  | "Unavailable"
  | "DataLoss"
  | "Unauthenticated"
  | "Cancelled"
  | "DeadlineExceeded";

/** An error of a known kind. Throw one of the classes below; catch by class, or by `kind`. */
export abstract class KindError extends Error {
  abstract readonly kind: ErrorKind;
}

/** What another program reported without a kind that is known here. */
export class Unknown extends KindError {
  override readonly name = "Unknown";
  readonly kind = "Unknown";
}

/** The request itself is wrong, whatever state the system is in: a malformed name, a flag without its value. */
export class InvalidArgument extends KindError {
  override readonly name: string = "InvalidArgument";
  readonly kind = "InvalidArgument";
}

/** What the request names does not exist. */
export class NotFound extends KindError {
  override readonly name = "NotFound";
  readonly kind = "NotFound";
}

/** What the request wants to create is there. */
export class AlreadyExists extends KindError {
  override readonly name = "AlreadyExists";
  readonly kind = "AlreadyExists";
}

/** The caller is known and may not do this. */
export class PermissionDenied extends KindError {
  override readonly name = "PermissionDenied";
  readonly kind = "PermissionDenied";
}

/** Something has run out: space, a quota, memory. */
export class ResourceExhausted extends KindError {
  override readonly name = "ResourceExhausted";
  readonly kind = "ResourceExhausted";
}

/** The system is not in the state that the request needs, and repeating it alone does not help: a start of what already runs. */
export class FailedPrecondition extends KindError {
  override readonly name = "FailedPrecondition";
  readonly kind = "FailedPrecondition";
}

/** The request collides with the present state of what it names: a name in use, a removal of what runs. */
export class Conflict extends KindError {
  override readonly name = "Conflict";
  readonly kind = "Conflict";
}

/** It was so already: a stop of what has stopped. Docker answers 304. */
export class NotModified extends KindError {
  override readonly name = "NotModified";
  readonly kind = "NotModified";
}

/** Somebody else changed the thing meanwhile; the caller may start over. */
export class Aborted extends KindError {
  override readonly name = "Aborted";
  readonly kind = "Aborted";
}

/** A position beyond the end of something that exists. */
export class OutOfRange extends KindError {
  override readonly name = "OutOfRange";
  readonly kind = "OutOfRange";
}

/** There is no such operation here. */
export class NotImplemented extends KindError {
  override readonly name = "NotImplemented";
  readonly kind = "NotImplemented";
}

/** Another program reports that it is broken. */
export class Internal extends KindError {
  override readonly name = "Internal";
  readonly kind = "Internal";
}

/** The one who would answer is not there now: a daemon that is down. Trying again may help. */
export class Unavailable extends KindError {
  override readonly name = "Unavailable";
  readonly kind = "Unavailable";
}

/** What was stored is damaged and cannot be had back. */
export class DataLoss extends KindError {
  override readonly name = "DataLoss";
  readonly kind = "DataLoss";
}

/** It is not known who the caller is: no login, or a wrong one. */
export class Unauthenticated extends KindError {
  override readonly name = "Unauthenticated";
  readonly kind = "Unauthenticated";
}

/** The caller gave up. */
export class Cancelled extends KindError {
  override readonly name = "Cancelled";
  readonly kind = "Cancelled";
}

/** The time that the caller allowed is over. */
export class DeadlineExceeded extends KindError {
  override readonly name = "DeadlineExceeded";
  readonly kind = "DeadlineExceeded";
}

/** The class of each kind: what turns a code that came over a wire into an error again. */
export const ERROR_CLASSES = {
  Unknown,
  InvalidArgument,
  NotFound,
  AlreadyExists,
  PermissionDenied,
  ResourceExhausted,
  FailedPrecondition,
  Conflict,
  NotModified,
  Aborted,
  OutOfRange,
  NotImplemented,
  Internal,
  Unavailable,
  DataLoss,
  Unauthenticated,
  Cancelled,
  DeadlineExceeded,
} as const satisfies { readonly [Kind in ErrorKind]: new (message?: string, options?: ErrorOptions) => KindError };

/**
 * The kind of anything that was thrown: its own, else that of the nearest `cause` that has one, else what an `AbortSignal` throws
 * (Cancelled, DeadlineExceeded), else Unknown.
 */
export function errorKind(error: unknown): ErrorKind {
  const seen = new Set<unknown>(); // a cause may lead back to where it started
  for (let cause = error; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    if (cause instanceof KindError) return cause.kind;
    if (cause.name === "AbortError") return "Cancelled";
    if (cause.name === "TimeoutError") return "DeadlineExceeded";
    seen.add(cause);
  }
  return "Unknown";
}
