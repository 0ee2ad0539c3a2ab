import { expect, test } from "vitest";
import { hasLabels } from "./labels.ts";

const LABELS = { tier: "front", equation: "a=b" };

test.each([
  [[], true],
  [["tier"], true],
  [["tier=front", "equation=a=b"], true],
  [["tier", "owner"], false],
  [["tier=back"], false],
  [["tier="], false],
  [["constructor"], false],
])("hasLabels(%j) is %s", (wanted, expected) => {
  expect(hasLabels(wanted, LABELS)).toBe(expected);
});
