import { closeSync, constants, fstatSync, readSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pipe, setNonblocking, setPipeSize } from "./pipe.ts";

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

describe("setPipeSize()", () => {
  test("lets a pipe take as much without a reader, and no less than it holds", () => {
    const { readEnd, writeEnd } = pipe();
    setPipeSize(readEnd, 1 << 20);
    expect(writeSync(writeEnd, Buffer.alloc(1 << 20))).toBe(1 << 20);
    expect(() => setPipeSize(writeEnd, 4096)).toThrow("EBUSY");
    closeSync(readEnd);
    closeSync(writeEnd);
  });
});
