/** Snapshots as the trees that they form: each below the one upon which it was made. */
import type { Info } from "../proto/gen/snapshots_pb.ts";

/**
 * One line each:
 *
 *      sha256:207f…
 *       \_ web
 *       \_ sha256:91ab…
 *          \_ db
 */
export function treeLines(snapshots: readonly Pick<Info, "name" | "parent">[]): string[] {
  const names = new Set(snapshots.map(({ name }) => name));
  const roots = snapshots.filter(({ parent }) => !names.has(parent)); // a parent that is not in the list can't be drawn
  return roots.flatMap(({ name }) => subtree(name, 0));

  function subtree(name: string, depth: number): string[] {
    const line = depth === 0 ? ` ${name}` : `${" ".repeat(3 * depth - 1)}\\_ ${name}`;
    const children = snapshots.filter(({ parent }) => parent === name);
    return [line, ...children.flatMap((child) => subtree(child.name, depth + 1))];
  }
}
