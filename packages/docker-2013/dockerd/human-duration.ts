/** Durations as people say them: `Up 5 minutes`, `3 weeks ago`. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @param milliseconds - Rounded down to the unit that is said. */
export function humanDuration(milliseconds: number): string {
  const whole = (unit: number) => Math.floor(milliseconds / unit);
  if (milliseconds < SECOND) return "Less than a second";
  if (milliseconds < MINUTE) return `${whole(SECOND)} seconds`;
  if (milliseconds < 2 * MINUTE) return "About a minute";
  if (milliseconds < HOUR) return `${whole(MINUTE)} minutes`;
  if (milliseconds < 2 * HOUR) return "About an hour";
  if (milliseconds < 48 * HOUR) return `${whole(HOUR)} hours`;
  if (milliseconds < 14 * DAY) return `${whole(DAY)} days`;
  if (milliseconds < 90 * DAY) return `${whole(7 * DAY)} weeks`;
  if (milliseconds < 730 * DAY) return `${whole(30 * DAY)} months`;
  return `${whole(365 * DAY)} years`;
}

/** How long ago the time `since` (RFC 3339) was. */
export const humanDurationSince = (since: string) => humanDuration(Date.now() - Date.parse(since));
