import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CLONE } from "../paths.ts";
import { isCurrent } from "./recording.ts";

test("a recorded run is current until a source that its events name is another, or gone", () => {
  const file = "tutorials/paths.ts";
  const digest = createHash("sha256")
    .update(readFileSync(join(CLONE, file)))
    .digest("hex");
  const isCurrentWith = (sources: Record<string, string>) => isCurrent("run", { run: sources });
  expect(isCurrentWith({ [file]: digest })).toBe(true);
  expect(isCurrentWith({ [file]: digest.replace(/^./, "x") })).toBe(false);
  expect(isCurrentWith({ [file]: digest, "tutorials/gone.ts": digest })).toBe(false);
  expect(isCurrent("another", { run: { [file]: digest } })).toBe(false);
});
