import { describe, expect, test } from "vitest";
import { LogBuffer } from "./log-buffer.ts";

const MIB = 1024 * 1024;

describe("LogBuffer", () => {
  test("keeps what was written, in order", () => {
    const log = new LogBuffer();
    expect(log.read()).toEqual([]);
    for (let i = 0; i < 100_000; i++) log.write(Buffer.from(`${i}\n`));
    const lines = Buffer.concat(log.read()).toString().split("\n");
    expect(lines.length).toBe(100_001);
    expect(lines[77_777]).toBe("77777");
  });

  test("gives up the oldest beyond 16 MiB, and says how much", () => {
    const log = new LogBuffer();
    for (let i = 0; i < 20; i++) log.write(Buffer.alloc(MIB, i));
    const [first, ...rest] = log.read();
    expect(first!.toString()).toBe(`(the first ${4 * MIB} bytes are no longer kept)\n`);
    const kept = Buffer.concat(rest);
    expect(kept.length).toBe(16 * MIB);
    expect([kept[0], kept.at(-1)]).toEqual([4, 19]);
  });
});
