/** Points in time: a message's Timestamp, nanoseconds since 1970, and a Date, which has no more than milliseconds. */
import type { Timestamp } from "./gen/google/protobuf/timestamp_pb.ts";
import type { Init } from "./message.ts";

/** Nanoseconds since 1970. A genuine client that has looked at the clock before and after a call finds its time between the two. */
export type UnixNano = bigint;

const [NANOS_A_SECOND, NANOS_A_MILLISECOND] = [1_000_000_000n, 1_000_000n];
/** The seconds of Go's zero time, 1 January of the year 1. Programs in Go write it where they mean that there is no time. */
const GO_ZERO_SECONDS = -62135596800n;

/** Go's zero time as a message: for fields that genuine clients do not expect to be absent, such as an `exited_at`. */
export const GO_ZERO_TIME: Init<Timestamp> = { seconds: GO_ZERO_SECONDS, nanos: 0 };

/** What time it is. */
export function unixNano(): UnixNano {
  return Temporal.Now.instant().epochNanoseconds;
}

/** The point in time of a Timestamp; undefined if it is absent or Go's zero time. */
export function unixNanoOf(timestamp: Timestamp | undefined): UnixNano | undefined {
  if (timestamp === undefined || timestamp.seconds === GO_ZERO_SECONDS) return undefined;
  return timestamp.seconds * NANOS_A_SECOND + BigInt(timestamp.nanos);
}

/** The Date of a Timestamp, to the millisecond; undefined if it is absent or Go's zero time. */
export function dateOf(timestamp: Timestamp | undefined): Date | undefined {
  const time = unixNanoOf(timestamp);
  return time === undefined ? undefined : new Date(Number(time / NANOS_A_MILLISECOND));
}

/** The Timestamp of a point in time; Go's zero time if there is none. */
export function timestampOf(time: UnixNano | Date | undefined): Init<Timestamp> {
  if (time === undefined) return GO_ZERO_TIME;
  const nano = typeof time === "bigint" ? time : BigInt(time.getTime()) * NANOS_A_MILLISECOND;
  const nanos = ((nano % NANOS_A_SECOND) + NANOS_A_SECOND) % NANOS_A_SECOND;
  return { seconds: (nano - nanos) / NANOS_A_SECOND, nanos: Number(nanos) };
}
