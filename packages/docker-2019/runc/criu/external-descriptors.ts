/**
 * What standard input, output and error of a container were: criu can't save the other end of a pipe, and is given a new one by the name of
 * the old. The file lies among the images, and is runc's.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { descriptorTarget } from "../container/first-state.ts";
import { callErrorText } from "../error-text.ts";

const FILE = "descriptors.json";

/** Saves them, for the restore. */
export function writeDescriptors(imagesDir: string, descriptors: readonly string[]): void {
  writeFileSync(join(imagesDir, FILE), JSON.stringify(descriptors), { mode: 0o600 });
}

/** @throws {Error} In runc's words, when the directory has no images of a container. */
export function readDescriptors(imagesDir: string): string[] {
  const path = join(imagesDir, FILE);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as string[]; // what writeDescriptors or runc have written
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`Cannot read ${path}: ${error.message}`, { cause: error });
    throw new Error(callErrorText("open", path, error as NodeJS.ErrnoException), { cause: error });
  }
}

const isPipe = (descriptor: string) => descriptor.startsWith("pipe:");

/** An open file of ours, and the name that criu knows it by. */
export interface Inherited {
  readonly key: string;
  readonly fd: number;
}

/** Our own standard input, output and error, in the place of what were pipes. */
export function inheritedPipes(descriptors: readonly string[]): Inherited[] {
  return descriptors.map((key, fd) => ({ key, fd })).filter(({ key }) => isPipe(key));
}

/** What they are after the restore, for the next one. */
export function restoredDescriptors(descriptors: readonly string[]): string[] {
  return descriptors.map((descriptor, fd) => (isPipe(descriptor) ? descriptorTarget(fd) : descriptor));
}
