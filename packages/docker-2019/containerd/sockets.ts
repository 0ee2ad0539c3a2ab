/** containerd's sockets: whoever may connect may do what root may, so they are root's, or of whom the configuration names. */
import { chownSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { socketAnswers } from "@eras/linux/socket-answers.ts";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";

/** Files made under it have 0660. */
const UMASK = 0o117;

/** Ends what listens. */
type Stop = () => void;

/**
 * Has `listen` make a socket, in place of one that a dead containerd has left. It gets its name when somebody listens there: a client that
 * waits for the name, as genuine ones do, takes a refusal for good.
 *
 * @param listen - Makes the socket at the path, and is done when it listens.
 * @returns Ends that, and takes the name away.
 * @throws {Unavailable} When somebody listens there.
 */
export async function makeSocket(
  path: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  listen: (path: string) => Promise<Stop>,
): Promise<Stop> {
  makeDirectories(dirname(path), 0o711);
  if (await socketAnswers(path)) throw new Unavailable(`Cannot listen on ${path}: somebody else does`);
  const unfinished = path.replace(/.$/, (last) => (last === "~" ? "-" : "~")); // as long: a socket's name has its limit
  rmSync(unfinished, { force: true });
  const umask = process.umask(UMASK);
  try {
    const stop = await listen(unfinished);
    chownSync(unfinished, uid, gid);
    renameSync(unfinished, path);
    return () => {
      rmSync(path, { force: true }); // first: who is cut off looks whether there is one, and waits where there is none
      stop();
    };
  } finally {
    process.umask(umask);
  }
}
