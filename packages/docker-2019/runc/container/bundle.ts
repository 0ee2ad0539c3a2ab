/** The bundle that a container is made of: a directory with config.json and a root file system. */
import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { readBundle, rootfsDir } from "@eras/oci-spec/runtime/bundle.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";
import { log } from "../log.ts";

/** What the command line says of it. */
interface BundleFlags {
  readonly bundle?: string | undefined;
  readonly "pid-file"?: string | undefined;
}

export interface EnteredBundle {
  /** Absolute. */
  readonly bundle: string;
  readonly spec: Spec;
  /** Absolute: relative to where the caller was, not to the bundle. */
  readonly pidFile: string | undefined;
}

/** Goes into a bundle's directory, to which paths in its config.json are relative, and reads it. @throws {KindError} When it can't be used. */
export async function enterBundle(flags: BundleFlags): Promise<EnteredBundle> {
  const pidFile = flags["pid-file"] && resolve(flags["pid-file"]);
  const bundle = resolve(flags.bundle ?? ".");
  process.chdir(bundle);
  return { bundle, spec: await readSpec(bundle), pidFile };
}

async function readSpec(bundle: string): Promise<Spec> {
  step("runc.read-bundle", { bundle });
  const { value, warnings } = readBundle(bundle);
  for (const warning of warnings) log("warning", warning);
  return value.linux?.mountLabel ? withKnownLabels(value) : value;
}

/** Files can be labelled only where SELinux runs. A label for the process, in contrast, is to confine it, and not to be passed over. */
async function withKnownLabels(spec: Spec): Promise<Spec> {
  const { isSelinuxEnabled } = await import("../process/selinux.ts");
  if (isSelinuxEnabled()) return spec;
  const { mountLabel: _, ...linux } = spec.linux!;
  return { ...spec, linux };
}

/**
 * The root file system of a bundle.
 *
 * @throws {Error} When it isn't there, or is found by a symbolic link, which may lead elsewhere later. Links to the bundle are fine.
 */
export function findRootfs(bundle: string, spec: Spec): string {
  step("runc.find-rootfs", { path: spec.root!.path });
  const path = rootfsDir(realpathSync(bundle), spec.root!.path);
  try {
    if (realpathSync(path) !== path) throw new Error("invalid rootfs: not an absolute path, or a symlink");
    if (!statSync(path).isDirectory()) throw new Error(`invalid rootfs: ${path} is not a directory`);
    return path;
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
    throw new Error(`invalid rootfs: stat ${path}: no such file or directory`, { cause: error });
  }
}
