import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { OCI_VERSION, type Spec } from "./config.ts";
import { defaultSpec, formatSpec, rootlessSpec, withCgroupNamespace } from "./defaults.ts";
import { validateSpec } from "./validate.ts";

const uid = process.geteuid?.() ?? 0;
const gid = process.getegid?.() ?? 0;

/** Pure cgroup v2: its root directory is the mount point itself. */
const forThisMachine = existsSync("/sys/fs/cgroup/cgroup.controllers") ? withCgroupNamespace : (spec: Spec) => spec;

/** What the genuine runc writes. Its version of the specification is its own; the rest must be the same. */
function genuineSpec(...args: string[]): { json: string; ociVersion: string } {
  const dir = mkdtempSync(join(tmpdir(), "runc-spec-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  execFileSync("runc", ["spec", ...args], { cwd: dir });
  const json = readFileSync(join(dir, "config.json"), "utf8");
  return { json, ociVersion: JSON.parse(json).ociVersion };
}

function hasRunc(): boolean {
  try {
    return execFileSync("runc", ["--version"], { encoding: "utf8" }).startsWith("runc version 1.1");
  } catch {
    return false;
  }
}

describe.skipIf(!hasRunc())("compared with runc 1.1 (skipped where it isn't installed)", () => {
  test("defaultSpec() is what runc spec writes, to the byte", () => {
    const { json, ociVersion } = genuineSpec();
    expect(formatSpec(forThisMachine(defaultSpec(ociVersion)))).toBe(json);
  });
  test("rootlessSpec() is what runc spec --rootless writes, to the byte", () => {
    const { json, ociVersion } = genuineSpec("--rootless");
    expect(formatSpec(forThisMachine(rootlessSpec(uid, gid, ociVersion)))).toBe(json);
  });
});

describe("defaultSpec() and rootlessSpec()", () => {
  test.each([defaultSpec(), rootlessSpec(1000, 1000), withCgroupNamespace(rootlessSpec(1000, 1000))])(
    "can be used as they are",
    (spec) => expect(validateSpec(structuredClone(spec))).toEqual({ value: spec, warnings: [] }),
  );
  test("follow the version that is implemented", () => expect(defaultSpec().ociVersion).toBe(OCI_VERSION));
});

describe("withCgroupNamespace()", () => {
  const order = (spec: Spec) => withCgroupNamespace(spec).linux?.namespaces?.map(({ type }) => type);

  test("adds it at the end, but before a user namespace", () => {
    expect(order(defaultSpec())).toEqual(["pid", "network", "ipc", "uts", "mount", "cgroup"]);
    expect(order(rootlessSpec(1000, 1000))).toEqual(["pid", "ipc", "uts", "mount", "cgroup", "user"]);
  });
});
