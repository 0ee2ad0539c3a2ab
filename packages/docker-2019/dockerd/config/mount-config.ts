/** Whether a mount that a user asks for makes sense: `--mount`, and what `-v` comes to. */
import { existsSync } from "node:fs";
import { posix } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Mount, TmpfsOptions } from "../../engine-api/container-config.ts";

export const PROPAGATIONS: ReadonlySet<string> = new Set([
  "private",
  "rprivate",
  "slave",
  "rslave",
  "shared",
  "rshared",
]);
/** Largest first: a size is told in the one that divides it. */
const SIZE_UNITS = [
  ["g", 2 ** 30],
  ["m", 2 ** 20],
  ["k", 2 ** 10],
] as const;

/**
 * Checks one mount.
 *
 * @param mayBeMissing - Whether the source of a bind need not be there: `-v` makes it.
 * @throws {InvalidArgument} `invalid mount config for type "bind": …`
 */
export function verifyMount(mount: Mount, { mayBeMissing }: { mayBeMissing: boolean }): void {
  const problem = problemOf(mount, mayBeMissing);
  if (problem !== undefined)
    throw new InvalidArgument(`invalid mount config for type ${JSON.stringify(mount.Type ?? "")}: ${problem}`);
}

function problemOf(mount: Mount, mayBeMissing: boolean): string | undefined {
  const { Type, Target = "" } = mount;
  if (Target === "") return "field Target must not be empty";
  const target = targetProblem(Target);
  if (target !== undefined) return target;
  if (Type === "bind") return bindProblem(mount, mayBeMissing);
  if (Type === "volume") return volumeProblem(mount);
  if (Type === "tmpfs") return tmpfsProblem(mount);
  return "mount type unknown";
}

/** What is wrong with a place in the container. Backslashes count as slashes: a client may be on Windows. */
export function targetProblem(target: string): string | undefined {
  if (posix.normalize(target.replaceAll("\\", "/")).replace(/(.)\/$/, "$1") === "/")
    return "invalid specification: destination can't be '/'";
  return absoluteProblem(target);
}

function absoluteProblem(path: string): string | undefined {
  const slashed = path.replaceAll("\\", "/");
  return posix.isAbsolute(slashed) ? undefined : `invalid mount path: '${slashed}' mount path must be absolute`;
}

function bindProblem({ Source = "", BindOptions, VolumeOptions }: Mount, mayBeMissing: boolean): string | undefined {
  if (Source === "") return "field Source must not be empty";
  const propagation = BindOptions?.Propagation;
  if (propagation && !PROPAGATIONS.has(propagation)) return `invalid propagation mode: ${propagation}`;
  if (VolumeOptions) return "field VolumeOptions must not be specified";
  const source = absoluteProblem(Source);
  if (source !== undefined) return source;
  return mayBeMissing || existsSync(Source) ? undefined : `bind source path does not exist: ${Source}`;
}

function volumeProblem({ Source = "", ReadOnly, BindOptions }: Mount): string | undefined {
  if (BindOptions) return "field BindOptions must not be specified";
  return Source === "" && ReadOnly ? "must not set ReadOnly mode when using anonymous volumes" : undefined;
}

function tmpfsProblem({ Source = "", BindOptions }: Mount): string | undefined {
  if (BindOptions) return "field BindOptions must not be specified";
  return Source === "" ? undefined : "field Source must not be specified";
}

/** The options of a `--mount type=tmpfs`, as `--tmpfs` writes them: `ro,mode=700,size=1m`. */
export function tmpfsData(options: TmpfsOptions | null | undefined, readOnly: boolean): string {
  const { Mode = 0, SizeBytes = 0 } = options ?? {};
  return [
    ...(readOnly ? ["ro"] : []),
    ...(Mode === 0 ? [] : [`mode=${Mode.toString(8)}`]),
    ...(SizeBytes === 0 ? [] : [`size=${sizeText(SizeBytes)}`]),
  ].join(",");
}

function sizeText(bytes: number): string {
  const [suffix, unit] = SIZE_UNITS.find(([, divisor]) => bytes % divisor === 0) ?? ["", 1];
  return `${bytes / unit}${suffix}`;
}
