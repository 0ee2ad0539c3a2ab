import { describe, expect, test } from "vitest";
import { formatElapsed } from "../../duration.ts";
import { MemoryEntrySchema } from "../../proto/gen/cgroups-v1_pb.ts";
import { binarySize, decimalSize } from "./byte-size.ts";
import { parseWait } from "./duration.ts";
import { protoJson } from "./proto-json.ts";
import { align, NARROW, TABBED, WIDE } from "./table.ts";
import { goTime, rfc3339Nano } from "./time.ts";

describe("align() does what genuine ctr's tables show:", () => {
  const shown: [what: string, text: string, style: typeof NARROW, aligned: string][] = [
    ["images", "REF\tTYPE\tLABELS\t\na:1\tt\t-\t\n", NARROW, "REF TYPE LABELS \na:1 t    -      \n"],
    [
      "snapshots",
      "KEY\tPARENT\tKIND\t\nlong name\t\tActive\t\n",
      NARROW,
      "KEY       PARENT KIND   \nlong name        Active \n",
    ],
    [
      "tasks",
      "TASK\tPID\tSTATUS\t\nc2\t24714\tRUNNING\n",
      WIDE,
      "TASK    PID      STATUS    \nc2      24714    RUNNING\n",
    ],
    [
      "content",
      "DIGEST\tSIZE\tAGE\tLABELS\n123456789\t2MB\t5 seconds\t-\n",
      TABBED,
      "DIGEST\t\tSIZE\tAGE\t\tLABELS\n123456789\t2MB\t5 seconds\t-\n",
    ],
    ["metrics", "ID\tT\t\nc2\tx\t\n\nMETRIC\tV\t\n", WIDE, "ID    T    \nc2    x    \n\nMETRIC    V    \n"],
  ];
  for (const [what, text, style, aligned] of shown) test(what, () => expect(align(text, style)).toBe(aligned));
});

test("sizes", () => {
  expect([0, 251, 1024, 2129920, 3 * 2 ** 30].map(binarySize)).toEqual([
    "0.0 B",
    "251.0 B",
    "1.0 KiB",
    "2.0 MiB",
    "3.0 GiB",
  ]);
  expect([6, 251, 1000, 2129920].map(decimalSize)).toEqual(["6B", "251B", "1kB", "2.13MB"]);
});

test("durations", () => {
  expect(["0", "1h", "24h0m0s", "1.5s", "250ms"].map(parseWait)).toEqual([0, 3_600_000, 86_400_000, 1500, 250]);
  for (const text of ["", "1", "h", "1h x", "-1s"]) expect(() => parseWait(text)).toThrow("invalid duration");
  expect([0.5, 3.179166, 1500, 61_000].map(formatElapsed)).toEqual(["500µs", "3.179166ms", "1.5s", "1m1s"]);
});

test("protoJson() keeps every digit", () => {
  const unlimited = 0x7fff_ffff_ffff_f000n;
  const json = JSON.stringify(protoJson(MemoryEntrySchema, { limit: unlimited, usage: 1n, max: 0n, failcnt: 0n }));
  expect(json).toBe('{"limit":9223372036854771712,"usage":1}');
});

test("points in time", () => {
  const timestamp = { seconds: 1796068433n, nanos: 579_229_000 };
  expect(rfc3339Nano(timestamp)).toBe("2026-11-30T19:53:53.579229Z");
  expect(goTime({ ...timestamp, nanos: 0 })).toBe("2026-11-30 19:53:53 +0000 UTC");
  expect(goTime(undefined)).toBe("0001-01-01 00:00:00 +0000 UTC");
});
