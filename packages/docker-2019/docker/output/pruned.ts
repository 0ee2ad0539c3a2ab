import type { List } from "../../engine-api/container-config.ts";
import { print } from "./print.ts";
import { decimalSize } from "./size.ts";

interface Pruned {
  /** `Deleted Containers:` */
  readonly title: string;
  readonly names: List<string>;
}

/** What is gone, and the space that was gained. @param spaceBytes - Undefined where nobody counts. */
export function printPruned(groups: readonly Pruned[], spaceBytes: number | undefined): void {
  for (const { title, names } of groups) if (names && names.length > 0) print(`${title}\n${names.join("\n")}\n`);
  if (spaceBytes !== undefined) print(`Total reclaimed space: ${decimalSize(spaceBytes, 4)}`);
}
