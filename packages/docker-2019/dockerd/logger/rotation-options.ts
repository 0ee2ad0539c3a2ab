/** When a log is begun anew, how many are kept, and how: `max-size=10m`, `max-file=3`, `compress=true`. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { BOOLEAN } from "../options/kinds.ts";
import type { RotationOptions } from "./log-file.ts";

/** @throws {InvalidArgument} In the original's words. */
export function rotationOptions(config: Readonly<Record<string, string>>): RotationOptions {
  const maxSize = config["max-size"] === undefined ? undefined : parseSize(config["max-size"]);
  const maxFile = config["max-file"] === undefined ? 1 : parseCount(config["max-file"]);
  const compress = config.compress !== undefined && parseBoolean(config.compress);
  if (compress && (maxFile === 1 || maxSize === undefined))
    throw new InvalidArgument("compress cannot be true when max-file is less than 2 or max-size is not set");
  return { maxSize, maxFile, compress };
}

const UNITS = ["", "k", "m", "g", "t", "p"];

/** Units are powers of 1000 here. */
function parseSize(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)*) ?([kmgtp]?)i?b?$/i.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgument(`invalid size: '${text}'`);
  const bytes = Math.floor(Number(number) * 1000 ** UNITS.indexOf(unit.toLowerCase()));
  if (!(bytes > 0)) throw new InvalidArgument("max-size must be a positive number");
  return bytes;
}

function parseBoolean(text: string): boolean {
  try {
    return BOOLEAN.fromFlag(text, false);
  } catch (cause) {
    throw new InvalidArgument((cause as Error).message, { cause });
  }
}

function parseCount(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new InvalidArgument(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) < 1) throw new InvalidArgument("max-file cannot be less than 1");
  return Number(text);
}
