/** `docker events`: an answer that goes on for as long as somebody listens. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Event } from "../../engine-api/event.ts";
import { eventMatcher } from "../daemon/event-filters.ts";
import type { Events } from "../daemon/events.ts";
import { longDelay } from "../long-delay.ts";
import type { ApiCall } from "./call.ts";
import { parseTime } from "./time.ts";

/** The kept ones since `since`, then those that come, until `until` or the client's going. With neither, none of the kept ones. */
export async function sendEvents(call: ApiCall, events: Events): Promise<void> {
  const since = parseTime(call.query.text("since"));
  const until = parseTime(call.query.text("until"));
  if (since !== undefined && until !== undefined && since > until)
    throw new InvalidArgument(
      `\`since\` time (${call.query.text("since")}) cannot be after \`until\` time (${call.query.text("until")})`,
    );
  const isWanted = eventMatcher(call.query.filters());
  const send = call.jsonStream();
  const tell = (event: Event) => {
    if (isWanted(event) && (!until || msOf(event) <= until)) send(event); // until 0: all that there were, and no more
  };
  if (since !== undefined || until !== undefined)
    events.past.filter((event) => msOf(event) >= (since ?? 0)).forEach(tell);
  const stop = events.listen(tell);
  await longDelay((until ?? Number.POSITIVE_INFINITY) - Date.now(), call.signal);
  stop();
  call.answer.end();
}

function msOf({ timeNano }: Event): number {
  return Number(timeNano) / 1e6;
}
