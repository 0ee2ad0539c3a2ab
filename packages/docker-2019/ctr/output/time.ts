/** Points in time as Go writes them, to the nanosecond. A Date would lose what comes after the milliseconds. */
import type { Timestamp } from "../../proto/gen/google/protobuf/timestamp_pb.ts";

/** `2026-11-29T19:53:52.528884206Z`: RFC 3339, without zeros at the end. */
export function rfc3339Nano(timestamp: Timestamp | undefined): string {
  return `${calendar(timestamp, "T")}${fraction(timestamp)}Z`;
}

/** `2026-11-29T19:53:52Z` */
export function rfc3339(timestamp: Timestamp | undefined): string {
  return `${calendar(timestamp, "T")}Z`;
}

/** `2026-11-29 19:53:52.528884206 +0000 UTC` */
export function goTime(timestamp: Timestamp | undefined): string {
  return `${calendar(timestamp, " ")}${fraction(timestamp)} +0000 UTC`;
}

/** Without a time, the year 1: Go's zero. */
function calendar(timestamp: Timestamp | undefined, separator: string): string {
  if (timestamp === undefined) return `0001-01-01${separator}00:00:00`;
  const [date, time] = new Date(Number(timestamp.seconds) * 1000).toISOString().split(/[T.]/);
  return `${date}${separator}${time}`;
}

function fraction(timestamp: Timestamp | undefined): string {
  const nanos = timestamp?.nanos ?? 0;
  return nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
}
