/** containerd's sockets: whoever may connect may do what root may, so they are root's, or of whom the configuration names. */
import { chownSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import { socketAnswers } from "../socket-answers.ts";

/** Files made under it have 0660. */
const UMASK = 0o117;

/**
 * Makes way for a socket that a dead containerd has left, and has `listen` make a new one.
 *
 * @param listen - Makes the socket at the path, and is done when it is there.
 * @returns What that gives.
 * @throws {Unavailable} When somebody listens there.
 */
export async function makeSocket<Listener>(
  path: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  listen: (path: string) => Promise<Listener>,
): Promise<Listener> {
  makeDirectories(dirname(path), 0o711);
  if (await socketAnswers(path)) throw new Unavailable(`Cannot listen on ${path}: somebody else does`);
  rmSync(path, { force: true });
  const umask = process.umask(UMASK);
  try {
    const listener = await listen(path);
    chownSync(path, uid, gid);
    return listener;
  } finally {
    process.umask(umask);
  }
}
