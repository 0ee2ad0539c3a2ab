/** Limits that only v1 has. */

/**
 * Refuses what v2 cannot do: a limit that is silently not there is worse than none.
 *
 * @throws {Error}
 */
export function refuse(dir: string, limit: string): never {
  throw new Error(`Cannot set ${limit} of ${dir}: cgroup v2 has no such control`);
}
