/** What a client of our dockerd would be told of an error, to be held against what the genuine one tells. */
import { type ErrorKind, errorKind } from "@eras/oci-spec/errdefs.ts";
import type { EngineAnswer } from "../harness/engine-request.ts";

/** The status of the error's kind, and the message. */
export function refusal(attempt: () => unknown): Pick<EngineAnswer, "status" | "body"> {
  try {
    attempt();
    return { status: 201, body: undefined };
  } catch (error) {
    return { status: STATUS[errorKind(error)] ?? 500, body: { message: (error as Error).message } };
  }
}

const STATUS: Partial<Record<ErrorKind, number>> = { InvalidArgument: 400, Conflict: 409 };
