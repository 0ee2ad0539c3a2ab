/**
 * The working directory of a new container is made with it, in its own layer: `docker cp` finds it before the first start. Links on the way are an
 * image's, and walked as if its root were "/".
 */
import { lchownSync } from "node:fs";
import { join, posix } from "node:path";
import { baseOf, parentOf } from "@eras/layers/safe-path.ts";
import { descriptorPath, Target } from "@eras/layers/target.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { fchmodat, mkdirat } from "@eras/linux/open.ts";
import { Unknown } from "@eras/oci-spec/errdefs.ts";
import type { Owner } from "../layer/init-layer.ts";

const MODE = 0o755;

/**
 * @param rootfs - Where the container's root is mounted.
 * @param path - In the container, absolute.
 * @param owner - Who is root there.
 * @throws {Unknown} `Cannot mkdir: /etc/passwd is not a directory`
 */
export function makeWorkingDirectory(rootfs: string, path: string, owner: Owner = { uid: 0, gid: 0 }): void {
  const target = new Target(rootfs);
  try {
    makeInside(target, posix.normalize(path).replace(/^\/+|\/+$/g, ""), owner);
  } catch (cause) {
    if (isErrno(cause, "EEXIST", "ENOTDIR")) throw new Unknown(`Cannot mkdir: ${path} is not a directory`, { cause });
    throw cause;
  } finally {
    target.close();
  }
}

function makeInside(target: Target, path: string, owner: Owner): void {
  if (path === "" || target.find(path) !== undefined) return;
  makeInside(target, parentOf(path), owner);
  const [parent, name] = [target.directory(parentOf(path)), baseOf(path)];
  mkdirat(parent, name, MODE);
  fchmodat(parent, name, MODE); // the umask took some away
  lchownSync(join(descriptorPath(parent), name), owner.uid, owner.gid);
}
