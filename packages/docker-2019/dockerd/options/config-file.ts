/**
 * daemon.json: what dockerd is told by a file. What its flags say must not stand there too, so that nobody has to know which one counts.
 *
 * @see https://github.com/moby/moby/blob/v20.10.24/daemon/config/config.go
 */
import { readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { CommandLine } from "../command-line.ts";
import { DEFAULT_CONFIG_FILE } from "../paths.ts";
import { BYTES, jsonType, TypeMismatch } from "./kinds.ts";
import { type OptionName, type OptionRow, type Options, ROWS, type SomeOptions, standardOptions } from "./table.ts";
import { verifyOptions } from "./verify.ts";

export interface Config {
  /** All of it. */
  readonly options: Options;
  /** What the file says. */
  readonly inFile: SomeOptions;
}

/**
 * What dockerd is told, by its command line and its file.
 *
 * @throws {InvalidArgument} When the file can't be read, says what is no option or no value of it, or what a flag says too; or all together
 * makes no sense.
 */
export function readConfig({ given, configFile }: CommandLine): Config {
  const path = configFile ?? DEFAULT_CONFIG_FILE;
  try {
    const inFile = readConfigFile(path, given, { mayBeMissing: configFile === undefined });
    prefixed("configuration validation from file failed", () => verifyOptions({ ...standardOptions(), ...inFile }));
    const said = { ...inFile, ...given };
    const tls = said.tlsVerify !== undefined && { tls: true }; // even if it is false: then nobody is verified
    const options: Options = { ...standardOptions(), ...said, ...tls };
    prefixed("merged configuration validation from file and command line flags failed", () => verifyOptions(options));
    return { options, inFile };
  } catch (cause) {
    const message = `unable to configure the Docker daemon with file ${path}: ${(cause as Error).message}`;
    throw new InvalidArgument(message, { cause });
  }
}

function readConfigFile(path: string, given: SomeOptions, { mayBeMissing }: { mayBeMissing: boolean }): SomeOptions {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    if (mayBeMissing) return {};
    throw new Error(`open ${path}: no such file or directory`);
  }
  const members = parseMembers(text);
  refuseUnknown(members);
  const inFile = ROWS.filter(([, { key }]) => members[key] !== undefined);
  refuseSaidTwice(inFile, members, given);
  const said = inFile.filter(([, { key }]) => members[key] !== null); // null is nothing
  return Object.fromEntries(said.map(([name, row]) => [name, readValue(row, members[row.key])]));
}

type Members = Readonly<Record<string, unknown>>;

function parseMembers(text: string): Members {
  if (text.trim() === "") throw new Error("EOF");
  const json: unknown = JSON.parse(text);
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new Error(`json: cannot unmarshal ${jsonType(json)} into Go value of type map[string]interface {}`);
  return json as Members;
}

function refuseUnknown(members: Members): void {
  const known = new Set(ROWS.map(([, { key }]) => key));
  const unknown = Object.keys(members).filter((key) => !known.has(key));
  if (unknown.length > 0)
    throw new Error(`the following directives don't match any configuration option: ${unknown.sort().join(", ")}`);
}

type Row = readonly [OptionName, OptionRow<unknown>];

function refuseSaidTwice(inFile: readonly Row[], members: Members, given: SomeOptions): void {
  const twice = inFile
    .filter(([name]) => given[name] !== undefined)
    .map(
      ([name, { key, kind }]) => `${key}: (from flag: ${kind.show(given[name])}, from file: ${shown(members[key])})`,
    );
  if (twice.length === 0) return;
  throw new Error(
    `the following directives are specified both as a flag and in the configuration file: ${twice.sort().join(", ")}`,
  );
}

/** As Go prints what it has read of JSON. */
function shown(json: unknown): string {
  if (json === null) return "<nil>";
  if (Array.isArray(json)) return `[${json.map(shown).join(" ")}]`;
  if (typeof json !== "object") return String(json);
  const pairs = Object.entries(json as object).sort(([one], [other]) => (one < other ? -1 : 1));
  return `map[${pairs.map(([name, value]) => `${name}:${shown(value)}`).join(" ")}]`;
}

function readValue({ key, kind }: OptionRow<unknown>, json: unknown): unknown {
  try {
    return kind.fromFile(json);
  } catch (cause) {
    if (cause instanceof TypeMismatch) throw new Error(cause.told(key), { cause });
    if (kind === BYTES) throw cause; // read with the file, and not when it is looked through
    throw new Error(`configuration validation from file failed: ${(cause as Error).message}`, { cause });
  }
}

function prefixed(prefix: string, check: () => void): void {
  try {
    check();
  } catch (cause) {
    throw new Error(`${prefix}: ${(cause as Error).message}`, { cause });
  }
}
