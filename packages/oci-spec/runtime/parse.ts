/**
 * From text to what has been checked, for the three documents that a runtime is given: config.json, the process of an `exec`, the
 * limits of an `update`.
 *
 * Numbers of 64 bits stay exact (exact-json.ts), and fields that are not known here stay where they are: written again with
 * `stringifyJson`, a document says what it said.
 */
import { InvalidArgument } from "../errdefs.ts";
import { parseJson } from "../exact-json.ts";
import type { Valid } from "../findings.ts";
import type { Process, Spec } from "./config.ts";
import type { LinuxResources } from "./config-linux.ts";
import { validateProcess, validateResources, validateSpec } from "./validate.ts";

/** Reads a config.json. @throws {InvalidArgument} When it isn't JSON; {InvalidDocument} when it can't be used. */
export function parseSpec(json: string): Valid<Spec> {
  return validateSpec(parse(json, "config.json"));
}

/** Reads a process. @throws {InvalidArgument} When it isn't JSON; {InvalidDocument} when it can't be used. */
export function parseProcess(json: string): Valid<Process> {
  return validateProcess(parse(json, "process"));
}

/** Reads limits. @throws {InvalidArgument} When it isn't JSON; {InvalidDocument} when it can't be used. */
export function parseResources(json: string): Valid<LinuxResources> {
  return validateResources(parse(json, "resources"));
}

function parse(json: string, what: string): unknown {
  try {
    return parseJson(json);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgument(`Cannot parse ${what}: ${reason}`, { cause: error });
  }
}
