import { DaemonError } from "./api-client.ts";

/** @throws {Error} `Error: No such container: web`, as docker itself says it, when the daemon has no such thing. */
export async function orNoSuch<Result>(kind: string, name: string, answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof DaemonError) || error.status !== 404) throw error;
    throw noSuch(kind, name, error);
  }
}

/** The same of a name, which may be empty: then the daemon would be asked for a list. */
export async function askFor<Result>(kind: string, name: string, ask: () => Promise<Result>): Promise<Result> {
  if (name === "") throw noSuch(kind, name);
  return orNoSuch(kind, name, ask());
}

function noSuch(kind: string, name: string, cause?: unknown): Error {
  return new Error(`Error: No such ${kind}: ${name}`, { cause });
}
