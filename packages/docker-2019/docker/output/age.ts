/** Times for people. */
import { humanDuration } from "../../human-duration.ts";

/** `3 weeks ago`. @param unixSeconds - Since 1970. */
export function ago(unixSeconds: number): string {
  return `${humanDuration(Date.now() - unixSeconds * 1000)} ago`;
}

/** `2026-11-29 23:09:26 +0000 UTC`, as Go prints a time, in our own zone. */
export function goTime(unixSeconds: number): string {
  const time = new Date(unixSeconds * 1000);
  const minutes = -time.getTimezoneOffset();
  const two = (number: number): string => String(number).padStart(2, "0");
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}${two(Math.abs(minutes) % 60)}`;
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())} ${zone} ${zoneName(time)}`;
}

/** `UTC`, `CET`; for a zone without a short name, what Node makes up. */
function zoneName(time: Date): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(time);
  return parts.find(({ type }) => type === "timeZoneName")!.value;
}
