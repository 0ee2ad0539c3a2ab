/** `docker events`: an answer that goes on for as long as somebody listens. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Event } from "../../engine-api/event.ts";
import type { Events } from "../daemon/events.ts";
import { hasLabels } from "../labels.ts";
import { longDelay } from "../long-delay.ts";
import type { ApiCall } from "./call.ts";
import type { Filters } from "./query.ts";
import { parseTime } from "./time.ts";

/** The kept ones since `since`, then those that come, until `until` or the client's going. With neither, none of the kept ones. */
export async function sendEvents(call: ApiCall, events: Events): Promise<void> {
  const since = timeOf(call, "since");
  const until = timeOf(call, "until");
  if (since !== undefined && until !== undefined && since > until)
    throw new InvalidArgument(
      `\`since\` time (${call.query.text("since")}) cannot be after \`until\` time (${call.query.text("until")})`,
    );
  const filters = call.query.filters();
  const send = call.jsonStream();
  const tell = (event: Event) => {
    if (isWanted(event, filters) && (until === undefined || msOf(event) <= until)) send(event);
  };
  if (since !== undefined || until !== undefined)
    events.past.filter((event) => msOf(event) >= (since ?? 0)).forEach(tell);
  const stop = events.listen(tell);
  await longDelay((until ?? Number.POSITIVE_INFINITY) - Date.now(), call.signal);
  stop();
  call.answer.end();
}

/** Here 0 is a time: the beginning. @returns Milliseconds since 1970. */
function timeOf({ query }: ApiCall, name: "since" | "until"): number | undefined {
  return query.text(name) === "0" ? 0 : parseTime(query.text(name));
}

function msOf({ timeNano }: Event): number {
  return Number(timeNano) / 1e6;
}

type Test = (event: Event, value: string) => boolean;

/** By name of the filter. */
const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["type", ({ Type }, value) => Type === value],
  ["event", ({ Action }, value) => Action === value || Action.startsWith(`${value}:`)],
  ["label", ({ Actor }, value) => hasLabels([value], Actor.Attributes)],
  ["container", (event, value) => concerns(event, "container", value)],
  ["image", (event, value) => concerns(event, "image", value) || isOfImage(event, value)],
  ["volume", (event, value) => concerns(event, "volume", value)],
  ["network", (event, value) => concerns(event, "network", value)],
  ["daemon", (event, value) => concerns(event, "daemon", value)],
  ["scope", (_, value) => value === "local"],
]);

/** Of each filter, one of its values must fit. What is no filter is passed over. */
function isWanted(event: Event, filters: Filters): boolean {
  return [...filters].every(([name, values]) => values.some((value) => TESTS.get(name)?.(event, value) ?? true));
}

function concerns({ Type, Actor: { ID, Attributes } }: Event, type: Event["Type"], value: string): boolean {
  return Type === type && (ID.startsWith(value) || Attributes.name === value);
}

function isOfImage({ Type, Actor }: Event, image: string): boolean {
  return Type === "container" && Actor.Attributes.image === image;
}
