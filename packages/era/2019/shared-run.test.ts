import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeUnusedShared } from "./shared-run.ts";

function newShared(): string {
  const dir = mkdtempSync(join(tmpdir(), "eras-run-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const path of ["s", "runc/default", "runc/moby"]) mkdirSync(join(dir, path), { recursive: true });
  return dir;
}

test("removeUnusedShared() takes away what nothing uses", async () => {
  const dir = newShared();
  writeFileSync(join(dir, "s/of-a-shim-that-was-killed"), "");
  await removeUnusedShared(dir, dir);
  expect(readdirSync(dir)).toEqual([]);
});

test("removeUnusedShared() leaves running shims and containers of runc alone", async () => {
  const dir = newShared();
  mkdirSync(join(dir, "runc/default/web"));
  const shim = createServer().listen(join(dir, "s/live"));
  await once(shim, "listening");
  onTestFinished(() => void shim.close());
  await removeUnusedShared(dir, dir);
  expect(readdirSync(dir, { recursive: true }).sort()).toEqual([
    "runc",
    "runc/default",
    "runc/default/web",
    "s",
    "s/live",
  ]);
});

test("removeUnusedShared() does nothing for a world elsewhere", async () => {
  const dir = newShared();
  await removeUnusedShared("/run/elsewhere", dir);
  expect(readdirSync(join(dir, "runc"))).toEqual(["default", "moby"]);
});
