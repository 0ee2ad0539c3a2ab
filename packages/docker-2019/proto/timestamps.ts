/** Points in time, between a message's Timestamp and a Date. */
import type { Timestamp } from "./gen/google/protobuf/timestamp_pb.ts";
import type { Init } from "./message.ts";

/** The seconds of Go's zero time, 1 January of the year 1. Programs in Go write it where they mean that there is no time. */
const GO_ZERO_SECONDS = -62135596800n;

/** Go's zero time as a message: for fields that genuine clients do not expect to be absent, such as an `exited_at`. */
export const GO_ZERO_TIME: Init<Timestamp> = { seconds: GO_ZERO_SECONDS, nanos: 0 };

/** The Date of a Timestamp, to the millisecond; undefined if it is absent or Go's zero time. */
export function dateOf(timestamp: Timestamp | undefined): Date | undefined {
  if (timestamp === undefined || timestamp.seconds === GO_ZERO_SECONDS) return undefined;
  return new Date(Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1e6));
}

/** The Timestamp of a Date; Go's zero time if there is none. */
export function timestampOf(date: Date | undefined): Init<Timestamp> {
  if (date === undefined) return GO_ZERO_TIME;
  const seconds = Math.floor(date.getTime() / 1000);
  return { seconds: BigInt(seconds), nanos: (date.getTime() - seconds * 1000) * 1e6 };
}
