/**
 * A bundle: the directory that a runtime is given.
 *
 *     <bundle>/
 *     ├─ config.json    what to run, and how
 *     └─ rootfs/        what it sees as "/": the place is config.json's to say
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/bundle.md
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { NotFound } from "../errdefs.ts";
import type { Valid } from "../findings.ts";
import type { Spec } from "./config.ts";
import { parseSpec } from "./parse.ts";

/** The file's name, in every bundle. */
export const CONFIG_FILE = "config.json";

/** The text of a bundle's config.json. @throws {NotFound} In runc's words, when it isn't there. */
export function readConfigText(bundleDir: string): string {
  try {
    return readFileSync(resolve(bundleDir, CONFIG_FILE), "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    throw new NotFound(`JSON specification file ${CONFIG_FILE} not found`, { cause: error });
  }
}

/**
 * What a bundle says is to be run.
 *
 * @throws {NotFound} When it has no config.json; {InvalidArgument} when that can't be used.
 */
export function readBundle(bundleDir: string): Valid<Spec> {
  return parseSpec(readConfigText(bundleDir));
}

/** The root filesystem of a bundle: an absolute path, without a look whether it is there. */
export function rootfsDir(bundleDir: string, rootPath: string): string {
  return resolve(bundleDir, rootPath);
}
