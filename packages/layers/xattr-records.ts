/**
 * Extended attributes as PAX records, in the two spellings in use.
 *
 *     SCHILY.xattr.security.capability=<bytes>        star, GNU tar, Go: the value as it is
 *     LIBARCHIVE.xattr.security.capability=<base64>   bsdtar, which writes both
 *
 * overlayfs keeps its own marks in attributes too. They describe the stack of layers on one host: in an archive they have no meaning,
 * and from a hostile one they would redirect a directory to where its author wants (trusted.overlay.redirect). Neither way passes.
 *
 * @see https://man.freebsd.org/cgi/man.cgi?query=tar&sektion=5 "Pax Interchange Format"
 */
import { compareNames } from "./file-name.ts";
import type { PaxRecords } from "./pax.ts";

const SCHILY = "SCHILY.xattr.";
const LIBARCHIVE = "LIBARCHIVE.xattr.";
const OVERLAY = ["trusted.overlay.", "user.overlay."];

/** Whether the attribute is overlayfs's own. */
export function isOverlayXattr(name: string): boolean {
  return OVERLAY.some((prefix) => name.startsWith(prefix));
}

/** Shared by the many entries without any. */
const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();

/** The attributes among an entry's records. */
export function xattrsOf(records: PaxRecords): ReadonlyMap<string, Buffer> {
  if (records.size === 0) return NO_XATTRS;
  const xattrs = new Map<string, Buffer>();
  for (const [key, value] of records) {
    if (key.startsWith(SCHILY)) xattrs.set(unescapeName(key.slice(SCHILY.length)), value);
    else if (key.startsWith(LIBARCHIVE)) addLibarchive(xattrs, key.slice(LIBARCHIVE.length), value);
  }
  for (const name of xattrs.keys()) if (isOverlayXattr(name)) xattrs.delete(name);
  return xattrs;
}

function addLibarchive(xattrs: Map<string, Buffer>, encodedName: string, base64: Buffer): void {
  const name = encodedName.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (!xattrs.has(name)) xattrs.set(name, Buffer.from(base64.toString("latin1"), "base64"));
}

/** Records for attributes, sorted by name. */
export function xattrRecords(xattrs: ReadonlyMap<string, Buffer>): [string, Buffer][] {
  const sorted = [...xattrs].sort(([a], [b]) => compareNames(a, b));
  return sorted.map(([name, value]) => [SCHILY + escapeName(name), value]);
}

/** "=" would end the key, so GNU tar writes it as %3D, and "%" as %25. */
function escapeName(name: string): string {
  return name.replaceAll("%", "%25").replaceAll("=", "%3D");
}

function unescapeName(name: string): string {
  return name.replaceAll("%3D", "=").replaceAll("%25", "%");
}
