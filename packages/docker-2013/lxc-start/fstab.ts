/** Mounts as text: lines of fstab(5), in a file of their own (`lxc.mount`) or in config.lxc (`lxc.mount.entry`). */
import { readFileSync } from "node:fs";
import type { MountEntry } from "./config.ts";

/**
 * Reads `source target type options`, and the two numbers that may follow and mean nothing here.
 *
 * @throws {Error} When a field is missing.
 * @see https://man7.org/linux/man-pages/man5/fstab.5.html
 */
export function parseMountEntry(line: string): MountEntry {
  const [source, target, type, options = "defaults"] = line.trim().split(/\s+/).map(decodeOctal);
  if (!source || !target || !type) throw new Error(`"${line}" is not of the form "source target type options"`);
  return { source, target, type, options };
}

/** @throws {Error} When the file can't be read, or a line of it: the message names the line. */
export function readFstab(path: string): MountEntry[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      if (/^\s*(#|$)/.test(line)) return [];
      try {
        return [parseMountEntry(line)];
      } catch (error) {
        throw new Error(`${path}:${index + 1}: ${(error as Error).message}`, { cause: error });
      }
    });
}

/** White space inside a field is written in octal: `\040`. */
function decodeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
