/** Kinds of failure as HTTP tells them: the only file that knows both vocabularies. */
import { type ErrorKind, errorKind, InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";

const HTTP_STATUS = {
  InvalidArgument: 400,
  OutOfRange: 400,
  FailedPrecondition: 400, // 19.03 answers 400; newer errdefs say 412
  Unauthenticated: 401,
  PermissionDenied: 403,
  NotFound: 404,
  Conflict: 409,
  AlreadyExists: 409,
  NotModified: 304,
  NotImplemented: 501,
  Unavailable: 503,
  Unknown: 500,
  ResourceExhausted: 500,
  Aborted: 500,
  Internal: 500,
  DataLoss: 500,
  Cancelled: 500,
  DeadlineExceeded: 500,
} as const satisfies Record<ErrorKind, number>;

/** The status of a reply that tells of this failure. */
export function httpStatus(error: unknown): number {
  return HTTP_STATUS[errorKind(error)];
}

/** Does something of which the original tells the same, but not that it is the client's fault: 500, and not 400. */
export function unblamed<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw cause instanceof InvalidArgument ? new Unknown(cause.message, { cause }) : cause;
  }
}
