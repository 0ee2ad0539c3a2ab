/** What was found as a table for people. */
import type { Check, Status } from "./check.ts";

const MARKS: Record<Status, string> = { ok: "ok", absent: "–", missing: "MISSING" };

/** Columns capability, needed by, status, found; below each that is not well, how to get it. */
export function formatChecks(checks: readonly Check[]): string {
  const rows = [
    ["CAPABILITY", "NEEDED BY", "STATUS", "FOUND"],
    ...checks.map(({ capability, neededBy, status, found }) => [capability, neededBy, MARKS[status], found]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)) + 2);
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("")
      .trimEnd();
  return rows.map((row, i) => line(row) + remedyLine(checks[i - 1])).join("\n");
}

const remedyLine = (check: Check | undefined) => (check?.remedy ? `\n    → ${check.remedy}` : "");

/** The missing ones alone, as an error's text. */
export function formatMissing(checks: readonly Check[]): string {
  const missing = checks.filter(({ status }) => status === "missing");
  const lines = missing.map(
    ({ capability, neededBy, found, remedy }) => `  ${capability} (for ${neededBy}): ${found}\n    → ${remedy}`,
  );
  return `Cannot run containers on this host\n${lines.join("\n")}`;
}
