import { DaemonError } from "./api-client.ts";

/** @throws {Error} `Error: No such container: web`, as docker itself says it, when the daemon has no such thing. */
export async function orNoSuch<Result>(kind: string, name: string, answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof DaemonError) || error.status !== 404) throw error;
    throw new Error(`Error: No such ${kind}: ${name}`, { cause: error });
  }
}
