/**
 * File names as strings, without loss.
 *
 * To Linux a name is bytes; most are UTF-8, some old ones are not. A name that is no UTF-8 keeps its ASCII characters, and each of
 * its other bytes becomes a lone surrogate, U+DC00 + byte, which no real text contains (PEP 383 does the same). Path components are
 * decoded one by one, so that joining and splitting paths never changes what they mean.
 *
 * @see https://peps.python.org/pep-0383/
 */
import { isUtf8 } from "node:buffer";

const ESCAPE = 0xdc00;

/** The string for a name, path or link target. */
export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  return bytes.toString("latin1").split("/").map(decodeComponent).join("/");
}

function decodeComponent(latin1: string): string {
  const bytes = Buffer.from(latin1, "latin1");
  if (isUtf8(bytes)) return bytes.toString();
  return latin1.replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(ESCAPE + byte.charCodeAt(0)));
}

/** The bytes of a name that `decodeName` made. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name);
  return Buffer.concat(Array.from(name, (char) => (char.isWellFormed() ? Buffer.from(char) : escapedByte(char))));
}

function escapedByte(surrogate: string): Buffer {
  return Buffer.from([surrogate.charCodeAt(0) - ESCAPE]);
}

/** A name as the functions of `@eras/linux/open.ts` take it: a string where it is text, else bytes with a NUL at the end. */
export function systemName(name: string): string | Buffer {
  return name.isWellFormed() ? name : Buffer.concat([encodeName(name), Buffer.alloc(1)]);
}

/** Orders names by their characters, in every locale alike. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
