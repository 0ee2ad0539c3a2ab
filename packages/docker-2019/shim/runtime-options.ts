/** What a container's options say about its runtime: containerd.runc.v1.Options, or nothing. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { isAny, unpackAny } from "../proto/any.ts";
import type { Any } from "../proto/gen/google/protobuf/any_pb.ts";
import {
  type CheckpointOptions,
  CheckpointOptionsSchema,
  type Options,
  OptionsSchema,
} from "../proto/gen/runc-options_pb.ts";
import { create } from "../proto/message.ts";
import type { Runtime } from "./runc-cli.ts";

const DEFAULT_ROOT = "/run/docker-eras/2019/runc";
/** The project's own runc, if nobody asks for another. */
const DEFAULT_BINARY = join(import.meta.dirname, "../../../bin/runc-2019");

/** @throws {InvalidArgument} When the options can't be read. Those of another runtime are passed over. */
export function readOptions(options: Any | undefined): Options {
  return options && isAny(options, OptionsSchema) ? unpackAny(OptionsSchema, options) : create(OptionsSchema, {});
}

/** As readOptions, for a checkpoint. */
export function readCheckpointOptions(options: Any | undefined): CheckpointOptions {
  return options && isAny(options, CheckpointOptionsSchema)
    ? unpackAny(CheckpointOptionsSchema, options)
    : create(CheckpointOptionsSchema, {});
}

/** What a bundle's `delete` has to know of its runtime, when the shim that knew is gone. */
const SAVED = "options.json";

/** Notes the runtime in the bundle. */
export function saveRuntime(runtime: Runtime): void {
  writeFileSync(join(runtime.bundle, SAVED), JSON.stringify(runtime), { mode: 0o600 });
}

/** The runtime of a bundle, or the one that it would have had if its shim was killed before or while that was noted. */
export function readSavedRuntime(namespace: string, bundle: string): Runtime {
  try {
    return JSON.parse(readFileSync(join(bundle, SAVED), "utf8")) as Runtime;
  } catch (error) {
    if (!isErrno(error, "ENOENT") && !(error instanceof SyntaxError)) throw error;
    return runtimeOf(create(OptionsSchema, {}), namespace, bundle);
  }
}

/** The runtime that they mean. */
export function runtimeOf({ binaryName, root, systemdCgroup }: Options, namespace: string, bundle: string): Runtime {
  return { binary: binaryName || DEFAULT_BINARY, root: join(root || DEFAULT_ROOT, namespace), bundle, systemdCgroup };
}
