/** Which networks are meant: `docker network ls --filter`, `docker network prune --filter`. */
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { NetworkResource } from "../../engine-api/network.ts";
import { filterPattern } from "../filter-pattern.ts";
import { untilMs } from "../image/filters.ts";

/** By name of the filter, its values. */
type Filters = ReadonlyMap<string, readonly string[]>;
type Predicate = (network: NetworkResource) => boolean;

/** Of networks that somebody has made: what the ones that there always are can't be. */
const NEVER: Predicate = () => false;
const ALWAYS: Predicate = () => true;

/** A value as a test of a network. @throws {InvalidArgument | Unknown} */
const TESTS: Readonly<Record<string, (value: string) => Predicate>> = {
  dangling: (value) => {
    if (["true", "1"].includes(value)) return NEVER;
    if (["false", "0"].includes(value)) return ALWAYS;
    throw new InvalidArgument(`invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`);
  },
  driver:
    (value) =>
    ({ Driver }) =>
      Driver === value,
  id: (value) => {
    const isLike = filterPattern(value);
    return ({ Id }) => isLike(Id);
  },
  name: (value) => {
    const isLike = filterPattern(value);
    return ({ Name }) => isLike(Name);
  },
  label: () => NEVER,
  scope:
    (value) =>
    ({ Scope }) =>
      Scope === value,
  type: (value) => {
    if (value === "custom") return NEVER;
    if (value === "builtin") return ALWAYS;
    throw new Unknown(`invalid filter: 'type'='${value}'`);
  },
};

/** @throws {InvalidArgument | Unknown} For a filter that there is not, or a value that makes no sense. */
export function listFilter(filters: Filters): Predicate {
  refuseOthers(filters, Object.keys(TESTS));
  const all = [...filters].map(([name, values]) => values.map((value) => TESTS[name]!(value)));
  return (network) => all.every((tests) => tests.some((fits) => fits(network)));
}

/** @throws {InvalidArgument | Unknown} As the original has it; nothing else can become of it: the networks that there are stay. */
export function checkPruneFilters(filters: Filters): void {
  refuseOthers(filters, ["label", "label!", "until"]);
  untilMs(filters.get("until"));
}

function refuseOthers(filters: Filters, known: readonly string[]): void {
  const unknown = [...filters.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InvalidArgument(`Invalid filter '${unknown}'`);
}
