/**
 * Spans of time as Docker tells them to people: `Up 5 minutes`, `Exited (0) 3 weeks ago`.
 *
 * @see https://pkg.go.dev/github.com/docker/go-units#HumanDuration
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** From which duration on what is said; the number is rounded down, but for hours, to the nearest. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / SECOND);
  const hours = Math.floor(ms / HOUR + 0.5);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (ms < MINUTE) return `${seconds} seconds`;
  if (ms < 2 * MINUTE) return "About a minute";
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} minutes`;
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(ms / DAY)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(hours / 24 / 365)} years`;
}
