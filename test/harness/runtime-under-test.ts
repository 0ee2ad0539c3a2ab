/**
 * The OCI runtime that the interop suites put into the place of runc.
 *
 * It is ours, unless ERAS_RUNTIME names another: `ERAS_RUNTIME=/usr/sbin/runc` tests the tests, which must hold for the genuine one.
 */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";

export interface Runtime {
  readonly name: string;
  readonly path: string;
}

export const GENUINE_RUNC: Runtime = { name: "runc", path: "/usr/sbin/runc" };

/** The runtime as a caller finds it: by its path. */
export const RUNTIME: Runtime = runtimeAt(
  process.env.ERAS_RUNTIME ?? resolve(import.meta.dirname, "../../bin/runc-2019"),
);

function runtimeAt(path: string): Runtime {
  return { name: basename(path), path };
}

/** Says which of the files is not there, for the name of a skipped test; undefined if all are. */
export function missing(...paths: readonly string[]): string | undefined {
  const absent = [RUNTIME.path, GENUINE_RUNC.path, ...paths].filter((path) => !existsSync(path));
  return absent.length === 0 ? undefined : `needs ${absent.join(", ")}`;
}
