import { describe, expect, test } from "vitest";
import { parseBranches } from "./branches.ts";

describe("parseBranches()", () => {
  test("reads the writable branch and those below it, the top one first", () => {
    expect(parseBranches("br:/c/rw=rw:/l/top=ro:/l/base=ro:")).toEqual({ rw: "/c/rw", ro: ["/l/top", "/l/base"] });
  });

  test("takes the last = for the mode", () => {
    expect(parseBranches("br:/a=b/rw=rw:/l=ro").rw).toBe("/a=b/rw");
  });

  test.each(["", "br:", "/c/rw=rw:/l=ro:", "br:/l=ro:", "br:/c/rw=rw:", "br:/c/rw=rw:/l=rw:", "br:/c/rw=rw:/l"])(
    "refuses %j",
    (data) => {
      expect(() => parseBranches(data)).toThrow("expected br:DIR=rw:DIR=ro:…");
    },
  );
});
