/** Sizes for people: in powers of two where containerd's progress bar shows them, in powers of ten where Docker's library does. */

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const DECIMAL_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `2.0 MiB`, `251.0 B`. */
export function binarySize(bytes: number): string {
  const [value, unit] = scale(bytes, 1024, BINARY_UNITS);
  return `${value.toFixed(1)} ${unit}`;
}

/** `2.13MB`: four digits. */
export function decimalSize(bytes: number): string {
  const [value, unit] = scale(bytes, 1000, DECIMAL_UNITS);
  return `${Number(value.toPrecision(4))}${unit}`;
}

function scale(bytes: number, base: number, units: readonly string[]): readonly [value: number, unit: string] {
  const power = bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(base));
  const last = Math.min(power, units.length - 1);
  return [bytes / base ** last, units[last]!];
}
