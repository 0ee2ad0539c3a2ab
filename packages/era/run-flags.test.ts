import { describe, expect, test } from "vitest";
import { requestedImage } from "./run-flags.ts";

describe("requestedImage()", () => {
  test.each([
    [["run"], "base"],
    [["run", "busybox"], "busybox"],
    [["run", "-a", "busybox", "echo", "base"], "busybox"],
    [["run", "-i", "--t", "-a=false", "busybox"], "busybox"],
    [["run", "-c", "base", "busybox"], "busybox"],
    [["run", "-c=a comment", "base"], "base"],
    [["run", "--", "busybox"], "busybox"],
    [["RUN", "busybox"], "busybox"],
  ])("of %j is %s", (args, image) => expect(requestedImage(args)).toBe(image));

  test.each([
    [["ps", "-a"]],
    [["run", "-x", "busybox"]],
    [["run", "--help"]],
    [["run", "http://127.0.0.1:4280/images/busybox"]],
    [["run", "constructor"]],
    [[]],
  ])("of %j is none of the shelf's", (args) => expect(requestedImage(args)).toBeUndefined());
});
