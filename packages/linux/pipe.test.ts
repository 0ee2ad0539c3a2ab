import { closeSync, constants, fstatSync, readSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pipe, setNonblocking } from "./pipe.ts";

describe("pipe()", () => {
  test("carries bytes from one end to the other, and is a fifo", () => {
    const { readEnd, writeEnd } = pipe();
    writeSync(writeEnd, "hello");
    const bytes = Buffer.alloc(10);
    expect(bytes.toString("latin1", 0, readSync(readEnd, bytes))).toBe("hello");
    expect(fstatSync(readEnd).mode & constants.S_IFMT).toBe(constants.S_IFIFO);
    closeSync(readEnd);
    closeSync(writeEnd);
  });
});

describe("setNonblocking()", () => {
  test("makes a read of an empty pipe fail at once", () => {
    const { readEnd, writeEnd } = pipe();
    setNonblocking(readEnd);
    expect(() => readSync(readEnd, Buffer.alloc(1))).toThrow("EAGAIN");
    closeSync(readEnd);
    closeSync(writeEnd);
  });
});
