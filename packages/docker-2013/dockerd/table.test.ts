import { describe, expect, test } from "vitest";
import { formatTable } from "./table.ts";

describe("formatTable()", () => {
  test("makes columns as wide as their longest cell and three spaces, at least the minimum; the last is not filled", () => {
    const rows = [
      ["ID", "IMAGE", "COMMENT"],
      ["1", "a-long-name-of-an-image", ""],
    ];
    expect(formatTable(rows, 12)).toBe(
      "ID          IMAGE                     COMMENT\n1           a-long-name-of-an-image   \n",
    );
  });
});
