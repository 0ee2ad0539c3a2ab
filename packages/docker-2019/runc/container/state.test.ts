import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";

const IMPORTS = `
  import { CLONE_NEWNS, unshare } from "@eras/linux/namespaces.ts";
  import { MS_PRIVATE, MS_REC, mount } from "@eras/linux/mount.ts";
  import { readState, writeState } from "./container/state.ts";`;

test("writeState() leaves the old state where there is no room for another", () => {
  const dir = mkdtempSync(join(tmpdir(), "state-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const outcome = inFork(
    IMPORTS,
    `unshare(CLONE_NEWNS);
    mount(null, "/", null, MS_PRIVATE | MS_REC, null);
    mount("tmpfs", ${JSON.stringify(dir)}, "tmpfs", 0, "size=12k"); // three pages
    const state = (id) => ({ id, spec: "x".repeat(5000) }); // two
    writeState(${JSON.stringify(dir)}, state("old"));
    try { writeState(${JSON.stringify(dir)}, state("new")); } catch (error) { report(error.code); }
    report(readState(${JSON.stringify(dir)}).id);`,
  );
  expect(outcome).toEqual(["ENOSPC", "old"]);
});
