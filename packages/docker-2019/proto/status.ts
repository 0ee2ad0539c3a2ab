/**
 * How a call failed, as a kind of error and as a code: gRPC's, which ttrpc has too.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
 */
import { ERROR_CLASSES, type ErrorKind, errorKind, type KindError } from "@eras/oci-spec/errdefs.ts";

/** The code of a call that went well. */
export const OK = 0;

/** The only place that knows both vocabularies. */
export const STATUS_CODE = {
  Cancelled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  NotImplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
  // Docker's own: gRPC has no code for them, and containerd never means them.
  Conflict: 2,
  NotModified: 2,
} satisfies Record<ErrorKind, number>;

/** What of a failure goes over the wire. */
export interface Status {
  readonly code: number;
  readonly message: string;
}

/** The status of anything that was thrown. */
export function statusOf(error: unknown): Status {
  return { code: STATUS_CODE[errorKind(error)], message: error instanceof Error ? error.message : String(error) };
}

/** The error that a status tells of, of the class of its kind; a code that is not known here is Unknown. */
export function errorOf({ code, message }: Status, options?: ErrorOptions): KindError {
  const kind = Object.entries(STATUS_CODE).find(([, known]) => known === code)?.[0] ?? "Unknown";
  return new ERROR_CLASSES[kind as ErrorKind](message, options);
}
