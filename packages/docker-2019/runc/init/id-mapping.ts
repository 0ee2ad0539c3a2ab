/**
 * User namespaces that only mounts need: files on a mount with mapped ids belong to whom the namespace says.
 *
 * @see https://docs.kernel.org/filesystems/idmappings.html
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { _exit, fork, forkedPid } from "@eras/linux/fork.ts";
import { CLONE_NEWUSER, namespacePath, unshare } from "@eras/linux/namespaces.ts";
import { type Pipe, pipe } from "@eras/linux/pipe.ts";
import { type IdMapping, writeIdMaps } from "@eras/linux/user-namespace.ts";
import { waitpid } from "@eras/linux/wait.ts";
import type { LinuxIDMapping } from "@eras/oci-spec/runtime/config-linux.ts";
import { endTracing } from "@eras/trace/context.ts";
import { traceFork } from "../../tracing.ts";

/**
 * Makes a user namespace with these ids, in which nobody is.
 *
 * @returns A descriptor of it, for the caller to close; the namespace lives as long as that, or as a mount that uses it.
 * @throws EINVAL (of `node:fs`) for mappings that overlap.
 */
export function createMappedNamespace(uids: readonly LinuxIDMapping[], gids: readonly LinuxIDMapping[]): number {
  const made = pipe();
  const done = pipe();
  const pid = fork(); // a user namespace begins with a process in it
  if (pid === 0) return enterNamespace(made.writeEnd, done);
  closeSync(made.writeEnd);
  closeSync(done.readEnd);
  try {
    if (readSync(made.readEnd, Buffer.alloc(1)) === 0) throw new Error("Cannot make a user namespace for a mount");
    writeIdMaps(pid, uids.map(mapping), gids.map(mapping));
    return openSync(namespacePath(pid, "user"), "r");
  } finally {
    closeSync(made.readEnd);
    closeSync(done.writeEnd); // the process ends
    waitpid(pid);
  }
}

/** In the child: says that the namespace is there, and stays until the parent has opened it. */
function enterNamespace(made: number, done: Pipe): never {
  traceFork("mapping", forkedPid());
  try {
    closeSync(done.writeEnd);
    unshare(CLONE_NEWUSER);
    writeSync(made, "\n");
    readSync(done.readEnd, Buffer.alloc(1));
  } finally {
    endTracing();
    _exit(0);
  }
}

function mapping({ containerID, hostID, size }: LinuxIDMapping): IdMapping {
  return { containerId: containerID, hostId: hostID, size };
}
