/** `delete`: what containerd calls after each container, and in place of a shim that is dead. Prints a DeleteResponse. */
import { readFileSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { DeleteResponseSchema } from "../proto/gen/shim_pb.ts";
import { toBinary } from "../proto/message.ts";
import { timestampOf } from "../proto/timestamps.ts";
import { readSocket, removeDeadSocket, withSocketsLocked } from "./address.ts";
import type { Options } from "./command-line.ts";
import { log } from "./log.ts";
import { unmountRootfs } from "./rootfs.ts";
import { callRuntime } from "./runc-cli.ts";
import { readSavedRuntime } from "./runtime-options.ts";

/** 128 + SIGKILL: nobody knows how the process has ended, but it was by us. */
const KILLED = 137;

/** Removes what is left of the container; that there is nothing is fine. A runtime that can't do its part is told of, and the rest is done. */
export async function deleteContainer({ namespace, bundle }: Options): Promise<void> {
  const id = basename(bundle);
  await callRuntime(readSavedRuntime(namespace, bundle), "delete", ["delete", "--force", id]).catch((error: Error) =>
    log(`Cannot remove ${id}: ${error.message}`),
  );
  unmountRootfs(join(bundle, "rootfs"));
  removeSocket(bundle);
  const response = { pid: initPid(bundle), exitStatus: KILLED, exitedAt: timestampOf(new Date()) };
  writeSync(1, toBinary(DeleteResponseSchema, response));
}

/** That of the dead shim; a living one of a group has other containers. */
function removeSocket(bundle: string): void {
  const socket = readSocket(bundle);
  if (socket !== undefined) withSocketsLocked(() => removeDeadSocket(socket));
}

function initPid(bundle: string): number {
  try {
    return Number(readFileSync(join(bundle, "init.pid"), "utf8"));
  } catch {
    return 0; // it was not created
  }
}
