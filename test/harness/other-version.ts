/** Another version of this project's containerd: a copy of the clone, as an upgrade would put it there, that calls itself so. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const CLONE = resolve(import.meta.dirname, "../..");
const VERSION_FILE = "packages/docker-2019/containerd/version.ts";

/**
 * Makes the copy.
 *
 * @param dir - Where it goes; is made.
 * @param version - What it answers to `ctr version`.
 * @returns The path of its containerd, which starts the shims beside it.
 */
export function copyWithVersion(dir: string, version: string): string {
  for (const name of ["packages", "bin"])
    cpSync(join(CLONE, name), join(dir, name), { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(dir, "node_modules")); // libraries are the same, caches its own
  for (const name of [".bin", ".pnpm"]) symlinkSync(join(CLONE, "node_modules", name), join(dir, "node_modules", name));
  const path = join(dir, VERSION_FILE);
  const source = readFileSync(path, "utf8");
  const changed = source.replace(/(?<=VERSION = ")[^"]+/, version);
  if (changed === source) throw new Error(`Cannot find the version in ${VERSION_FILE}`);
  writeFileSync(path, changed);
  return join(dir, "bin/containerd-2019");
}
