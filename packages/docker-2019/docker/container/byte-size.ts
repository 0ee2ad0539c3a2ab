/** Sizes as people write them for memory: `64m`, `1.5g`, `4096`, `2GiB`. */

const SIZE = /^(\d+(?:\.\d+)?) ?([kmgtp])?i?b?$/i;
const POWERS = ["k", "m", "g", "t", "p"];

/** @returns Bytes; a k is 1024. @throws {Error} In the words of Docker's library. */
export function parseByteSize(text: string): number {
  const [, number, unit] = SIZE.exec(text) ?? [];
  if (number === undefined) throw new Error(`invalid size: '${text}'`);
  return Math.trunc(Number(number) * 1024 ** (unit ? POWERS.indexOf(unit.toLowerCase()) + 1 : 0));
}

/** The same, or -1, which is no limit. */
export function parseSwapSize(text: string): number {
  return text === "-1" ? -1 : parseByteSize(text);
}
