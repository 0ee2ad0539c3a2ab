/** Signals as requests write them: `SIGTERM`, `term`, `15`. */
import { signalNumber } from "@eras/linux/signals.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** Of real-time signals, Docker knows those up to here by what they lie below the last, and others by what they lie above the first. */
const LAST_NAMES = 14;
const INT64_MAX = 2n ** 63n - 1n;
/** glibc keeps them for its threads; Docker doesn't send them. */
const RESERVED = [32, 33];

/**
 * The number of a signal. Any number but 0 will do: whether the kernel has such a signal is asked when it is sent.
 *
 * @throws {InvalidArgument} `Invalid signal: SIGWHAT`
 */
export function parseSignal(text: string): number {
  if (/^[-+]?\d+$/.test(text) && isInt64(text) && Number(text) !== 0) return Number(text);
  const name = text.toUpperCase().replace(/^SIG/, "");
  if (name === "CLD") return signalNumber("CHLD"); // of old
  const [, below] = /^RTMAX-(\d+)$/.exec(name) ?? [];
  if (/^\D/.test(name) && Number(below ?? 0) <= LAST_NAMES) {
    try {
      return signalNumber(name);
    } catch {
      // there is none of that name
    }
  }
  throw new InvalidArgument(`Invalid signal: ${text}`);
}

function isInt64(text: string): boolean {
  const number = BigInt(text.replace("+", ""));
  return number <= INT64_MAX && number >= -INT64_MAX - 1n;
}

/** Whether it can be sent. */
export function isSupportedSignal(number: number): boolean {
  try {
    return signalNumber(number) === number && !RESERVED.includes(number);
  } catch {
    return false;
  }
}
