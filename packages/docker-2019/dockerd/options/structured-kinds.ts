/** Options that are more than a word: runtimes, ulimits, address pools. Their members in the file are named as the original names them. */
import { RESOURCES } from "@eras/linux/rlimits.ts";
import type { Ulimit } from "../../engine-api/container-config.ts";
import type { AddressPoolInfo, RuntimeInfo } from "../../engine-api/system.ts";
import { INTEGER, type Kind, listOf, members, mismatch, objectOf, TEXT, TypeMismatch, wholeNumber } from "./kinds.ts";

/** The name that no other runtime may have. */
export const STANDARD_RUNTIME = "runc";

/** `--add-runtime NAME=PATH`; in the file `{"NAME": {"path": "…", "runtimeArgs": ["…"]}}`. */
export const RUNTIMES: Kind<Readonly<Record<string, RuntimeInfo>>> = {
  placeholder: "<runtime>",
  fromFlag: (text, before) => {
    const [name = "", ...path] = text.split("=");
    if (path.length === 0) throw new Error(`invalid runtime argument: ${text}`);
    refuseReserved(name);
    if (name in before) throw new Error(`runtime '${name}' was already defined`);
    return { ...before, [name]: { path: path.join("=") } };
  },
  fromFile: (json) => {
    const runtimes = members(json, "map[string]types.Runtime", readRuntime);
    for (const name of Object.keys(runtimes)) refuseReserved(name);
    return runtimes;
  },
  show: (value) => `[${Object.keys(value).join(" ")}]`,
};

function readRuntime(json: unknown): RuntimeInfo {
  const { path, runtimeArgs } = objectOf(json, "types.Runtime");
  const read = memberOf("Runtime");
  const args =
    runtimeArgs === undefined ? {} : { runtimeArgs: read("runtimeArgs", () => listOf().fromFile(runtimeArgs)) };
  return { path: read("path", () => TEXT.fromFile(path ?? "")), ...args };
}

function refuseReserved(name: string): void {
  if (name === STANDARD_RUNTIME) throw new Error(`runtime name '${STANDARD_RUNTIME}' is reserved`);
}

/** `--default-ulimit nofile=1024:2048`; in the file `{"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048}}`. */
export const ULIMITS: Kind<Readonly<Record<string, Ulimit>>> = {
  placeholder: "<ulimit>",
  fromFlag: (text, before) => {
    const ulimit = parseUlimit(text);
    return { ...before, [ulimit.Name]: ulimit };
  },
  fromFile: (json) => members(json, "map[string]*units.Ulimit", readUlimit),
  show: (value) =>
    `[${Object.values(value)
      .map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`)
      .join(" ")}]`,
};

/** As it is said: the original checks the flag alone. */
function readUlimit(json: unknown): Ulimit {
  const { Name = "", Soft = 0, Hard = 0 } = objectOf(json, "units.Ulimit");
  const read = memberOf("Ulimit");
  return {
    Name: read("Name", () => TEXT.fromFile(Name)),
    Soft: read("Soft", () => wholeNumber(Soft, "int64")),
    Hard: read("Hard", () => wholeNumber(Hard, "int64")),
  };
}

function parseUlimit(text: string): Ulimit {
  const [Name = "", limits, more] = text.split("=");
  if (limits === undefined || more !== undefined) throw new Error(`invalid ulimit argument: ${text}`);
  if (!(`RLIMIT_${Name.toUpperCase()}` in RESOURCES)) throw new Error(`invalid ulimit type: ${Name}`);
  const numbers = limits.split(":");
  if (numbers.length > 2)
    throw new Error(`too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``);
  const [Soft = 0, Hard = Soft] = numbers.map((number) => INTEGER.fromFlag(number, 0));
  if (Hard >= 0 && (Soft > Hard || Soft < 0))
    throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
  return { Name, Soft, Hard };
}

/** `--default-address-pool base=10.10.0.0/16,size=24`; in the file `[{"base": "10.10.0.0/16", "size": 24}]`. */
export const POOLS: Kind<readonly AddressPoolInfo[]> = {
  placeholder: "<pool-options>",
  fromFlag: (text, before) => [...before, parsePool(text)],
  fromFile: (json) => {
    if (!Array.isArray(json)) return mismatch(json, "[]*ipamutils.NetworkToSplit");
    return json.map((item) => {
      const { base = "", size = 0 } = objectOf(item, "ipamutils.NetworkToSplit");
      const read = memberOf("NetworkToSplit");
      return { Base: read("base", () => TEXT.fromFile(base)), Size: read("size", () => INTEGER.fromFile(size)) };
    });
  },
  show: (value) => `[${value.map(({ Base, Size }) => `{${Base} ${Size}}`).join(" ")}]`,
};

function parsePool(text: string): AddressPoolInfo {
  let pool: AddressPoolInfo = { Base: "", Size: 0 };
  for (const field of text.split(",")) {
    const [key = "", value] = field.split("=");
    if (value === undefined) throw new Error(`invalid field '${field}' must be a key=value pair`);
    if (key.toLowerCase() === "base") pool = { ...pool, Base: value };
    else if (key.toLowerCase() === "size") pool = { ...pool, Size: INTEGER.fromFlag(value, 0) };
    else throw new Error(`unexpected key '${key}' in '${field}'`);
  }
  return pool;
}

/** Of a structure of Go's, which a mismatch is told with. */
function memberOf(struct: string): <Value>(name: string, read: () => Value) => Value {
  return (name, read) => {
    try {
      return read();
    } catch (cause) {
      if (cause instanceof TypeMismatch) throw new TypeMismatch(cause.found, cause.wanted, { struct, member: name });
      throw cause;
    }
  };
}
