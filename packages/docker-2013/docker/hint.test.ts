import { describe, expect, test } from "vitest";
import { isDetachedRun } from "./hint.ts";

describe("isDetachedRun()", () => {
  test.each([
    [["run", "busybox", "echo"], true],
    [["RUN", "-i", "-c", "-a", "busybox", "echo", "-a"], true],
    [["run", "-a", "busybox", "echo"], false],
    [["run", "-i", "--a", "busybox", "echo"], false],
    [["run", "busybox"], false],
    [["run"], false],
    [["ps", "busybox", "echo"], false],
    [[], false],
  ])("of %j is %s", (args, detached) => expect(isDetachedRun(args)).toBe(detached));
});
