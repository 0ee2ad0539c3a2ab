/** Sizes of huge pages as the names of control files have them. */

/**
 * Refuses what is no size: it becomes a part of a file's name.
 *
 * @param pageSize - `64KB`, `2MB`, `1GB`.
 * @throws {Error}
 */
export function checkPageSize(pageSize: string): void {
  if (!/^\d+[KMGT]B$/.test(pageSize))
    throw new Error(`Cannot limit huge pages of "${pageSize}": a size like 2MB is needed`);
}
