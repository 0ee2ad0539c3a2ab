/** Lists of processors and memory nodes, as cpusets have them: `0,3-4,7`. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** The most processors that a kernel is built for: a list of more would only take memory. */
const MAXIMUM = 8192;

/** @throws {InvalidArgument} `invalid format: …` */
export function parseNumberList(text: string, maximum = MAXIMUM): Set<number> {
  const numbers = new Set<number>();
  for (const range of text === "" ? [] : text.split(",")) {
    const match = /^\+?(\d+)(?:-\+?(\d+))?$/.exec(range);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first) throw new InvalidArgument(`invalid format: ${text}`);
    if (last > maximum) throw new InvalidArgument(`value of out range, maximum is ${maximum}`); // the original's words
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return numbers;
}
