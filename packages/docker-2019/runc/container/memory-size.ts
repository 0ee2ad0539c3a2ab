/** Sizes as people write them: `100M`, `1.5g`, `512k`, `4096`. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

const SIZE = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i;
const UNITS = ["", "k", "m", "g", "t", "p"];

/** @returns Bytes, whole ones; units are powers of 1024. @throws {InvalidArgument} When it is no size. */
export function parseMemorySize(text: string): number {
  const [, number, unit] = SIZE.exec(text) ?? [];
  if (number === undefined || unit === undefined) throw new InvalidArgument(`invalid size: '${text}'`);
  return Math.floor(Number(number) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
}
