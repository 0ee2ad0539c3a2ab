/** How docker ends, when that is not simply well. */
import { errorText } from "./error-text.ts";

/** The daemon, or the request itself, was no good: `run` alone tells this from the container's own statuses. */
export const REFUSED = 125;
/** The container's command is there, but can't be executed. */
export const CANNOT_EXECUTE = 126;
/** It is not there. */
export const NOT_FOUND = 127;
export const FAILURE = 1;

/** Ends docker with a status, and with what is to be said on stderr, if anything. */
export class ExitStatus extends Error {
  override readonly name = "ExitStatus";
  readonly status: number;

  constructor(status: number, message = "") {
    super(message);
    this.status = status;
  }
}

/** What was wrong has been said already, thing by thing. */
export function failAfter(errors: readonly string[]): void {
  if (errors.length > 0) throw new ExitStatus(FAILURE, errors.join("\n"));
}

/** What ends `run` and `create` before there is a container. */
export function refusal(command: string, error: unknown): ExitStatus {
  return new ExitStatus(REFUSED, `docker: ${errorText(error).replace(/\.$/, "")}.\nSee 'docker ${command} --help'.`);
}
