/** Which volumes are meant: `docker volume ls --filter`, `docker volume prune --filter`. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Volume } from "../../engine-api/volume.ts";
import { filterPattern } from "../filter-pattern.ts";
import { hasLabels } from "../labels.ts";

/** By name of the filter, its values. */
export type Filters = ReadonlyMap<string, readonly string[]>;

type Predicate = (volume: Volume) => boolean;

const TRUTH: Readonly<Record<string, boolean>> = { "1": true, true: true, "0": false, false: false };

/** @param isUsed - Whether a container has it. @throws {InvalidArgument} For a filter that there is not. */
export function listFilter(filters: Filters, isUsed: Predicate): Predicate {
  refuseOthers(filters, ["dangling", "driver", "label", "name"]);
  const values = (name: string) => filters.get(name) ?? [];
  const dangling = values("dangling");
  if (!dangling.every((text) => Object.hasOwn(TRUTH, text)))
    throw new InvalidArgument(`Invalid filter 'dangling=[${dangling.join(" ")}]'`);
  const names = values("name").map(filterPattern);
  return (volume) =>
    dangling.every((text) => TRUTH[text] === !isUsed(volume)) &&
    (!filters.has("driver") || values("driver").includes(volume.Driver)) &&
    (names.length === 0 || names.some((matches) => matches(volume.Name))) &&
    hasLabels(values("label"), volume.Labels ?? {});
}

/** @throws {InvalidArgument} For a filter that there is not. */
export function pruneFilter(filters: Filters): Predicate {
  refuseOthers(filters, ["label", "label!"]);
  const [wanted, unwanted] = [filters.get("label") ?? [], filters.get("label!") ?? []];
  return ({ Labels }) => hasLabels(wanted, Labels ?? {}) && !unwanted.some((label) => hasLabels([label], Labels ?? {}));
}

function refuseOthers(filters: Filters, known: readonly string[]): void {
  const unknown = [...filters.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InvalidArgument(`Invalid filter '${unknown}'`);
}
