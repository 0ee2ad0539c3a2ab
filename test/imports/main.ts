/** `pnpm check:imports`: fails and draws the graph when an import breaks it. */
import { drawGraph, forbiddenImports } from "./graph.ts";

const forbidden = forbiddenImports();
if (forbidden.length > 0) {
  console.error(
    `Imports against the graph:\n  ${forbidden.join("\n  ")}\n\nThe graph (test/imports/graph.ts):\n${drawGraph()}`,
  );
  process.exitCode = 1;
}
