/** `inspect` of all kinds of things: what the daemon says, as it says it. */
import { parseJson } from "@eras/oci-spec/exact-json.ts";
import { DaemonError, readText } from "../api-client.ts";
import { ExitStatus, FAILURE } from "../exit-status.ts";
import type { Session } from "../session.ts";
import { orEmptyLine } from "./formatted.ts";
import { print, printError } from "./print.ts";
import { asGoSees } from "./typed.ts";

export type Kind = "container" | "image" | "network" | "volume";

const PATHS: Readonly<Record<Kind, (name: string) => string>> = {
  container: (name) => `/containers/${name}/json`,
  image: (name) => `/images/${name}/json`,
  network: (name) => `/networks/${name}`,
  volume: (name) => `/volumes/${name}`,
};

interface InspectFlags {
  readonly format?: string | undefined;
  /** Of containers. */
  readonly size?: boolean;
  /** Of networks. */
  readonly verbose?: boolean;
}

/** Prints all that are found, and then what was not. @param kinds - Where a name is looked for, in this order. */
export async function inspectEach(
  docker: Session,
  kinds: readonly Kind[],
  names: readonly string[],
  { format, ...more }: InspectFlags,
): Promise<void> {
  const found: string[] = [];
  const errors: string[] = [];
  for (const name of names) {
    try {
      found.push(await inspect(docker, kinds, name, more));
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  if (format === undefined || format === "json") print(asWritten(`[${found.join(",")}]`, format ? 0 : 4));
  else await printFormatted(found, format, kinds);
  if (errors.length > 0) throw new ExitStatus(FAILURE, errors.join("\n"));
}

/** @returns JSON. @throws {Error} When there is no such thing. */
async function inspect(
  { api }: Session,
  kinds: readonly Kind[],
  name: string,
  { size, verbose }: InspectFlags,
): Promise<string> {
  for (const kind of name === "" ? [] : kinds) {
    try {
      const query = {
        ...(kind === "container" && size && { size: 1 }),
        ...(kind === "network" && verbose && { verbose }),
      };
      const found = await readText(await api.open("GET", PATHS[kind](encodeURIComponent(name)), { query }));
      if (size && kind !== "container") printError(`WARNING: --size ignored for ${kind}`);
      return found;
    } catch (error) {
      if (!(error instanceof DaemonError) || !isElsewhere(error, kinds.length)) throw error;
    }
  }
  throw new Error(`Error: No such ${kinds.length === 1 ? kinds[0] : "object"}: ${name}`);
}

/** Whether a name may be something else's: also one that no image can have. */
function isElsewhere({ status, reason }: DaemonError, kinds: number): boolean {
  return status === 404 || (kinds > 1 && reason.includes("invalid reference format"));
}

/** What a reviver is told about a string or a number. */
interface Source {
  readonly source?: string;
}

/** A piece of JSON that is written as it stands. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object }; // not yet in the library's types

/** Strings and numbers as the daemon wrote them, be they larger than JavaScript's, or escaped for HTML. */
function asWritten(json: string, indent: number): string {
  return JSON.stringify(JSON.parse(json, keepSource as (key: string, value: unknown) => unknown), null, indent);
}

function keepSource(_key: string, value: unknown, { source }: Source): unknown {
  return source === undefined || JSON.stringify(value) === source ? value : rawJSON(source);
}

async function printFormatted(
  found: readonly string[],
  format: string,
  [kind, ...others]: readonly Kind[],
): Promise<void> {
  const { UNREADABLE, UserTemplate } = await import("./user-template.ts");
  const template = new UserTemplate(format, {
    status: { parse: UNREADABLE, execute: FAILURE },
    ...(kind === "volume" && others.length === 0 && { type: "types.Volume" }),
  });
  for (const json of found) print(orEmptyLine(() => template.execute(asGoSees(parseJson(json)))));
}
