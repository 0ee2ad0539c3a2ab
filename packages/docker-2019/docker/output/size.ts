/** Sizes for people. */

const DECIMAL = ["B", "kB", "MB", "GB", "TB", "PB"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `1.98MB`: a kB is 1000 bytes. @param digits - How many there are at most: three in lists, four elsewhere. */
export function decimalSize(bytes: number, digits = 3): string {
  return scaled(bytes, 1000, DECIMAL, digits);
}

/** `7.629MiB` */
export function binarySize(bytes: number): string {
  return scaled(bytes, 1024, BINARY, 4);
}

function scaled(bytes: number, base: number, units: readonly string[], digits: number): string {
  let power = 0;
  for (let rest = bytes; rest >= base && power < units.length - 1; rest /= base) power++;
  return `${Number((bytes / base ** power).toPrecision(digits))}${units[power]}`;
}
