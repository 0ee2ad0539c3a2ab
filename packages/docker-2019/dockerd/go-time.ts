const SECOND_NS = 1_000_000_000n;

/** A time as Go writes it into JSON, in UTC: `2019-07-22T08:00:00.1234567Z`, without zeros at the end. @param ns - Since 1970, in nanoseconds. */
export function goTime(ns: bigint): string {
  const beyond = ((ns % SECOND_NS) + SECOND_NS) % SECOND_NS;
  const seconds = new Date(Number((ns - beyond) / SECOND_NS) * 1000).toISOString().replace(".000Z", "");
  const fraction = String(beyond).padStart(9, "0").replace(/0+$/, "");
  return `${seconds}${fraction && "."}${fraction}Z`;
}
