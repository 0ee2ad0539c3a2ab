/**
 * aufs's mount data: the branches of a union, left = top.
 *
 *     br:<dir>=rw:<dir>=ro:<dir>=ro:
 *
 * @see https://aufs.sourceforge.net/aufs.html
 */

/** Directories to be seen as one. */
export interface Branches {
  /** Takes all changes. */
  readonly rw: string;
  /** The top one first. */
  readonly ro: readonly string[];
}

/** @throws {Error} When `data` is not one writable branch above read-only ones. */
export function parseBranches(data: string): Branches {
  const [prefix, ...branches] = data.replace(/:$/, "").split(":");
  const [rw, ...ro] = branches.map(parseBranch);
  if (prefix !== "br" || rw?.mode !== "rw" || ro.length === 0 || ro.some(({ mode }) => mode !== "ro"))
    throw new Error(`Cannot mount "${data.slice(0, 200)}": expected br:DIR=rw:DIR=ro:…`);
  return { rw: rw.dir, ro: ro.map(({ dir }) => dir) };
}

function parseBranch(branch: string): { dir: string; mode: string } {
  const equals = branch.lastIndexOf("=");
  return { dir: branch.slice(0, equals), mode: branch.slice(equals + 1) };
}
