import { closeSync, readFileSync, readSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ErrnoError, errnoName, isErrno } from "./errno.ts";
import { pipe, setNonblocking } from "./pipe.ts";

describe("errnoName()", () => {
  test.each([
    [1, "EPERM"],
    [2, "ENOENT"],
    [11, "EAGAIN"], // not EWOULDBLOCK
    [87, "EUSERS"], // not in Node's table
    [95, "ENOTSUP"], // not EOPNOTSUPP
    [4095, "E4095"],
  ])("calls %d %s", (number, name) => expect(errnoName(number)).toBe(name));

  test("agrees with the names of node:fs where there are two", () => {
    const { readEnd, writeEnd } = pipe();
    setNonblocking(readEnd);
    expect(() => readSync(readEnd, Buffer.alloc(1))).toThrow(errnoName(11));
    closeSync(readEnd);
    closeSync(writeEnd);
  });
});

describe("ErrnoError", () => {
  test("says what failed, on what, and why", () => {
    expect(new ErrnoError("mount", 2, "/mnt")).toMatchObject({
      message: "mount /mnt: ENOENT",
      code: "ENOENT",
      syscall: "mount",
      errno: 2,
      path: "/mnt",
    });
    expect(new ErrnoError("unshare", 1).message).toBe("unshare: EPERM");
  });
});

describe("isErrno()", () => {
  test("knows the errors of this package and of node:fs by their codes", () => {
    expect(isErrno(new ErrnoError("mount", 2), "EPERM", "ENOENT")).toBe(true);
    expect(isErrno(new ErrnoError("mount", 2), "EPERM")).toBe(false);
    expect(
      isErrno(
        failureOf(() => readFileSync("/no/such/file")),
        "ENOENT",
      ),
    ).toBe(true);
    expect(isErrno(new Error("ENOENT"), "ENOENT")).toBe(false);
    expect(isErrno("ENOENT", "ENOENT")).toBe(false);
  });
});

function failureOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("Cannot find a failure: the call succeeded");
}
