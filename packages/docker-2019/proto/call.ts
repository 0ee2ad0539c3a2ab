/**
 * What comes with a call beside its request: metadata, a deadline, the caller's giving up.
 *
 * containerd's clients name the namespace in the metadata of each call, and a lease while they hold one.
 */
import { FailedPrecondition, InvalidArgument, type KindError } from "@eras/oci-spec/errdefs.ts";
import type { TellAnswer, TracedCall } from "@eras/trace/link.ts";
import type { Method, Service } from "./service.ts";
import { errorOf, statusOf } from "./status.ts";

/** Metadata of a gRPC call: which namespace it is about. */
export const NAMESPACE_KEY = "containerd-namespace";

/** Metadata of a gRPC call: the lease that holds what the call makes. */
export const LEASE_KEY = "containerd-lease";

/** Metadata of a ttrpc call: which namespace it is about. */
export const TTRPC_NAMESPACE_KEY = "containerd-namespace-ttrpc";

const IDENTIFIER = /^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$/;
const IDENTIFIER_LENGTH_MAX = 76;

/** A call, for a trace. Every service is containerd's, but for a shim's own. */
export function tracedCall(channel: TracedCall["channel"], { typeName }: Service, { name }: Method): TracedCall {
  return { channel, method: `${typeName}/${name}`, to: typeName === "containerd.task.v2.Task" ? "shim" : "containerd" };
}

/** What a trace says of an answer without an error. */
export const SUCCESS = "OK";

/** What a trace says of an answer that is an error: `NotFound: no such container`. */
export function failureSummary({ kind, message }: Pick<KindError, "kind" | "message">): string {
  return `${kind}: ${message}`;
}

/** Does the work for an answer, and tells how it has gone, if the call is traced. */
export async function tellingOutcome<Result>(
  tell: TellAnswer | undefined,
  work: () => Promise<Result> | Result,
): Promise<Result> {
  try {
    const result = await work();
    tell?.(SUCCESS);
    return result;
  } catch (error) {
    tell?.(failureSummary(errorOf(statusOf(error)))); // as the caller will read it
    throw error;
  }
}

/** A call, as the one who answers it sees it. */
export interface Call {
  /** Keys are in lower case. Of a namespace or a lease that came more than once, the first. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Aborted when nobody waits for the answer any more: cancelled, timed out, or the line dropped. */
  readonly signal: AbortSignal;
}

/** What a caller may give with a call. */
export interface CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** How long to wait for the answer; the other side is told. */
  readonly timeoutMs?: number;
  /** Gives the call up. */
  readonly signal?: AbortSignal;
}

/**
 * The namespace that a call is about.
 *
 * @throws {FailedPrecondition} When it names none.
 * @throws {InvalidArgument} When it is not an identifier.
 */
export function namespaceOf({ metadata }: Call): string {
  const namespace = metadata.get(NAMESPACE_KEY) ?? metadata.get(TTRPC_NAMESPACE_KEY);
  if (!namespace) throw new FailedPrecondition("namespace is required: failed precondition");
  checkIdentifier(namespace, "namespace validation: ");
  return namespace;
}

/** The lease that a call is under; undefined if under none. */
export function leaseOf({ metadata }: Call): string | undefined {
  return metadata.get(LEASE_KEY) || undefined;
}

/**
 * Holds the name of a namespace, a container or a task to containerd's rules.
 *
 * @param context - What the message begins with.
 * @throws {InvalidArgument} When it breaks them, in containerd's words.
 * @see https://github.com/containerd/containerd/blob/v1.6.20/identifiers/validate.go
 */
export function checkIdentifier(name: string, context = ""): void {
  const refuse = (why: string) => new InvalidArgument(`${context}identifier ${why}: invalid argument`);
  if (name === "") throw refuse("must not be empty");
  if (name.length > IDENTIFIER_LENGTH_MAX) {
    throw refuse(`"${name}" greater than maximum length (${IDENTIFIER_LENGTH_MAX} characters)`);
  }
  if (!IDENTIFIER.test(name)) throw refuse(`"${name}" must match ${IDENTIFIER.source}`);
}
