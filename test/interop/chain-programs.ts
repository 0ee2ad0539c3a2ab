/** The programs of a chain, each of which is ours or genuine; and containerd with shims of either maker. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { Containerd2019 } from "../harness/containerd-2019.ts";
import { shellEnvironment } from "../harness/run-program.ts";
import { GENUINE_RUNC } from "../harness/runtime-under-test.ts";

export const BIN = resolve(import.meta.dirname, "../../bin");

export type Maker = "ours" | "genuine";
export const MAKERS: readonly Maker[] = ["ours", "genuine"];

export const RUNC: Readonly<Record<Maker, string>> = { ours: join(BIN, "runc-2019"), genuine: GENUINE_RUNC.path };

/** A containerd and the shims that it finds. */
export interface ContainerdAndShim {
  readonly containerd: Maker;
  readonly shim: Maker;
}

/**
 * Starts a containerd with everything in `dir`. A shim is looked for by the name of the runtime, in PATH: ours stands there under the genuine
 * name, io.containerd.runc.v2.
 */
export function startContainerd(
  { containerd, shim }: ContainerdAndShim,
  dir: string,
): Promise<Containerd2019 | GenuineContainerd> {
  const env = shim === "ours" ? withOurShims(dir) : shellEnvironment();
  const start = containerd === "ours" ? Containerd2019.start : GenuineContainerd.start;
  return start(dir, env);
}

/** An environment where the genuine name of a shim leads to ours. */
function withOurShims(dir: string): NodeJS.ProcessEnv {
  const bin = join(dir, "bin");
  mkdirSync(bin);
  symlinkSync(join(BIN, "containerd-shim-eras-v2"), join(bin, "containerd-shim-runc-v2"));
  const env = shellEnvironment();
  return { ...env, PATH: `${bin}:${env.PATH}` };
}
