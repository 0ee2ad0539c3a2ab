import { parseJson, stringifyJson } from "@eras/oci-spec/exact-json.ts";
import type { Event } from "../../../engine-api/event.ts";
import { asGoMap } from "../../../template/go-map.ts";
import { encodeFilters, readLines } from "../../api-client.ts";
import { filterFlag, flag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { parseTimestamp } from "../../container/timestamp.ts";
import { print } from "../../output/print.ts";

interface Flags {
  readonly filter: readonly string[];
  readonly format?: string;
  readonly since?: string;
  readonly until?: string;
}

export const events = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    filterFlag("-f, --filter <filter>", "Filter output based on conditions provided"),
    flag("--format <string>", "Format the output using the given Go template"),
    flag("--since <string>", "Show all events created since timestamp"),
    flag("--until <string>", "Stream events until this timestamp"),
  ],
  async run({ docker: { api }, flags }) {
    const show = flags.format === undefined ? eventLine : await formatter(flags.format);
    const message = await api.open("GET", "/events", {
      query: {
        since: flags.since === undefined ? undefined : parseTimestamp(flags.since),
        until: flags.until === undefined ? undefined : parseTimestamp(flags.until),
        filters: encodeFilters(flags.filter),
      },
    });
    for await (const line of readLines(message)) print(show(parseJson(line) as Event)); // the daemon's word for it
  },
});

/** Of the older fields, templates know the names that Go has for them. */
async function formatter(format: string): Promise<(event: Event) => string> {
  if (format === "json") return (event) => stringifyJson(event);
  const { UNREADABLE, UserTemplate } = await import("../../output/user-template.ts");
  const before = { parse: "Error parsing format: ", execute: "Error parsing format: " };
  const template = new UserTemplate(format, {
    type: "*events.Message",
    before,
    status: { parse: UNREADABLE, execute: UNREADABLE },
  });
  template.execute(goEvent(NO_EVENT)); // what is wrong with it is told before there is one
  return (event) => template.execute(goEvent(event));
}

const NO_EVENT: Event = {
  Type: "daemon",
  Action: "",
  Actor: { ID: "", Attributes: {} },
  scope: "local",
  time: 0,
  timeNano: 0,
};

/** As templates see it; in JSON it is what the daemon has said. */
function goEvent(event: Event): object {
  const { status = "", id = "", from = "", time, timeNano, scope, Actor } = event;
  asGoMap(Actor.Attributes);
  const older = { Status: status, ID: id, From: from, Time: time, TimeNano: timeNano, Scope: scope };
  for (const [name, value] of Object.entries(older)) Object.defineProperty(event, name, { value });
  return event;
}

/** `2026-11-29T23:09:26.123456789Z container die ID (exitCode=0, image=busybox)` */
function eventLine({ timeNano, Type, Action, Actor }: Event): string {
  const attributes = Object.entries(Actor.Attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  const suffix = attributes.length > 0 ? ` (${attributes.join(", ")})` : "";
  return `${timestamp(timeNano)} ${Type} ${Action} ${Actor.ID}${suffix}`;
}

/** In our own zone. */
function timestamp(timeNano: number | bigint): string {
  const nanoseconds = BigInt(timeNano);
  const seconds = Number(nanoseconds / 1_000_000_000n);
  const minutes = -new Date(seconds * 1000).getTimezoneOffset();
  const local = new Date((seconds + minutes * 60) * 1000).toISOString().replace(/\.000Z$/, "");
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, "0");
  const two = (number: number): string => String(Math.floor(Math.abs(number))).padStart(2, "0");
  const zone = minutes === 0 ? "Z" : `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  return `${local}.${fraction}${zone}`;
}
