/**
 * Control files: how a program talks to cgroups. There is no system call; each setting is a small file of a directory, and each
 * write of it is one order, which the kernel takes or refuses as a whole.
 *
 * Three shapes are read back: a single value, "flat keyed" (`oom_kill 3`, a line each) and "nested keyed" (`8:0 rbytes=1 wbytes=2`).
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#interface-files
 */
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { reportCall } from "@eras/linux/libc.ts";

/** A control file that the kernel doesn't have, or an order that it refused. Has the `code` of the failed call: `EINVAL`, `ENOENT`. */
export class ControlFileError extends Error {
  override readonly name = "ControlFileError";
  readonly code: string;
  readonly path: string;
  /** What was to be written; undefined of a read. */
  readonly value: string | undefined;
  override readonly cause: NodeJS.ErrnoException;

  constructor(path: string, value: string | undefined, cause: NodeJS.ErrnoException) {
    const { code = "unknown error" } = cause;
    super(`Cannot ${value === undefined ? "read" : `write "${value}" to`} ${path}: ${code}`);
    this.code = code;
    this.path = path;
    this.value = value;
    this.cause = cause;
  }
}

/**
 * Writes one value with one write(2). The file is opened as it is: creating or truncating it would turn the clear ENOENT of a kernel
 * without this control into a puzzling EACCES.
 *
 * @throws {ControlFileError}
 */
export function writeControlFile(dir: string, name: string, value: string | number): void {
  const path = `${dir}/${name}`;
  try {
    writeOnce(path, String(value));
  } catch (error) {
    throw new ControlFileError(path, String(value), error as NodeJS.ErrnoException);
  }
}

function writeOnce(path: string, value: string): void {
  const fd = openSync(path, constants.O_WRONLY);
  try {
    reportCall("write", [path, value], writeSync(fd, value));
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads a control file, without the newline at its end.
 *
 * @throws {ControlFileError}
 */
export function readControlFile(dir: string, name: string): string {
  const path = `${dir}/${name}`;
  try {
    return readFileSync(path, "utf8").trimEnd();
  } catch (error) {
    throw new ControlFileError(path, undefined, error as NodeJS.ErrnoException);
  }
}

/** Reads a single number. */
export function readNumber(dir: string, name: string): number {
  return Number(readControlFile(dir, name));
}

/** v1 says "no limit" with the largest number of bytes that fills whole pages. */
const V1_UNLIMITED = 2 ** 62;

/** Reads a limit; undefined when there is none (`max`, or v1's huge number). */
export function readLimit(dir: string, name: string): number | undefined {
  const value = readNumber(dir, name); // "max" is not a number
  return value < V1_UNLIMITED ? value : undefined;
}

/** Reads `key value` lines. */
export function readFlatKeyed(dir: string, name: string): Record<string, number> {
  const entries = lines(readControlFile(dir, name)).map((line) => line.split(" ") as [string, string]);
  return Object.fromEntries(entries.map(([key, value]) => [key, Number(value)]));
}

/** Reads `key name=value name=value` lines. */
export function readNestedKeyed(dir: string, name: string): Map<string, Record<string, number>> {
  return new Map(lines(readControlFile(dir, name)).map(parseNested));
}

function parseNested(line: string): [string, Record<string, number>] {
  const [key, ...pairs] = line.split(" ") as [string, ...string[]];
  return [key, Object.fromEntries(pairs.map((pair) => pair.split("=")).map(([name, value]) => [name, Number(value)]))];
}

/** The lines of a text; none for an empty one. */
export function lines(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

/** What `read` gives, or undefined where the kernel or this cgroup has no such control file. */
export function ifPresent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENODEV", "EOPNOTSUPP")) return undefined;
    throw error;
  }
}
