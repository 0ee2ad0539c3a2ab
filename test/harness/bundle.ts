/** Bundles for tests of runtimes: config.json and a root file system of busybox, as `runc spec` would have them. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { defaultSpec } from "@eras/oci-spec/runtime/defaults.ts";

/** The version that genuine runc 1.1 follows. */
export const OCI_VERSION = "1.0.2-dev";

/** What `runc spec` writes, without a terminal and with a root that can be written. */
export function plainSpec(): Spec {
  const spec = defaultSpec(OCI_VERSION);
  return { ...spec, process: { ...spec.process!, terminal: false }, root: { path: "rootfs" } };
}

/**
 * Fills an empty directory.
 *
 * @param rootfs - A directory whose copy the bundle gets.
 * @param config - Text of config.json, or what it says.
 */
export function makeBundle(dir: string, rootfs: string, config: Spec | string): void {
  mkdirSync(dir, { recursive: true });
  cpSync(rootfs, join(dir, "rootfs"), { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(dir, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
}
