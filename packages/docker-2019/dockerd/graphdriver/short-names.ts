/** The names in overlay2's directory of links. */
import { randomBytes } from "node:crypto";

/** The directory, in the driver's. */
export const LINKS = "l";
const LENGTH = 26;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** 26 characters of base32, as Docker's: 130 bits. */
export function newShortName(): string {
  return Array.from(randomBytes(LENGTH), (byte) => BASE32[byte % BASE32.length]).join("");
}

export function isShortName(text: string): boolean {
  return /^[A-Z2-7]{26}$/.test(text);
}
