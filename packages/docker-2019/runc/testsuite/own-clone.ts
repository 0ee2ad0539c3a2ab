/** For tests of what a container can do to the Node that runc runs on: runc in a clone with a Node of its own, which nobody else uses. */
import { chownSync, copyFileSync, cpSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../../../..");

export interface OwnClone {
  /** Its `runc-2019`. */
  readonly program: string;
  readonly node: string;
}

/**
 * Makes one.
 *
 * @param dir - New.
 * @param owner - Whose Node it is.
 */
export function ownClone(dir: string, owner = 0): OwnClone {
  mkdirSync(join(dir, "node_modules/.bin"), { recursive: true });
  for (const name of ["bin", "packages"]) {
    cpSync(join(REPOSITORY, name), join(dir, name), { recursive: true, dereference: true });
  }
  const node = join(dir, "node_modules/.bin/node");
  copyFileSync(process.execPath, node);
  chownSync(node, owner, owner);
  return { program: join(dir, "bin/runc-2019"), node };
}
