/**
 * What `docker events --filter` looks for. Of each filter, one of its values must fit; of labels, all.
 *
 *     --filter container=web     of whatever has a name or an id that begins so
 *     --filter image=busybox     of the image, and of containers made of it, by its whole name
 */
import { familiarName, parseReference } from "@eras/oci-spec/reference.ts";
import type { Event } from "../../engine-api/event.ts";
import type { Filters } from "../api/query.ts";
import { hasLabels } from "../labels.ts";

/** Their names are longer than those that people look for: `exec_start: sh -c …`. */
const WITH_DETAILS = ["exec_create", "exec_start", "health_status"];
const KINDS = ["container", "daemon", "plugin", "volume", "network", "node", "service", "secret", "config"];

type Test = (event: Event, value: string) => boolean;

const beginsSo: Test = ({ Actor: { ID, Attributes } }, value) =>
  ID.startsWith(value) || (Attributes.name ?? "").startsWith(value);

const TESTS: ReadonlyMap<string, Test> = new Map(
  Object.entries<Test>({
    ...Object.fromEntries(KINDS.map((kind) => [kind, beginsSo])),
    type: ({ Type }, value) => Type === value,
    event: ({ Action }, value) => Action === value || (WITH_DETAILS.includes(value) && Action.startsWith(value)),
    scope: ({ scope }, value) => scope === value,
    label: ({ Actor }, value) => hasLabels([value], Actor.Attributes),
    image: ({ Type, Actor: { ID, Attributes } }, value) =>
      [ID, Attributes[Type === "image" ? "name" : "image"] ?? ""].some(
        (name) => name === value || withoutTag(name) === value,
      ),
  }),
);

/** Filters that there are not are passed over. */
export function eventMatcher(filters: Filters): (event: Event) => boolean {
  return (event) =>
    [...filters].every(([name, values]) => {
      const fits = TESTS.get(name);
      if (fits === undefined || values.length === 0) return true;
      return values[name === "label" ? "every" : "some"]((value) => fits(event, value));
    });
}

function withoutTag(name: string): string {
  try {
    return familiarName(parseReference(name));
  } catch {
    return name; // an id
  }
}
