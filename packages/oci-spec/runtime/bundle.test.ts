import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { InvalidArgument, NotFound } from "../errdefs.ts";
import { InvalidDocument } from "../findings.ts";
import { readBundle, rootfsDir } from "./bundle.ts";
import { defaultSpec, formatSpec } from "./defaults.ts";

function bundle(configJson?: string): string {
  const dir = mkdtempSync(join(tmpdir(), "bundle-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  if (configJson !== undefined) writeFileSync(join(dir, "config.json"), configJson);
  return dir;
}

/** The class and message of what is thrown. */
function failure(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

describe("readBundle()", () => {
  test("reads config.json", () =>
    expect(readBundle(bundle(formatSpec(defaultSpec())))).toEqual({ value: defaultSpec(), warnings: [] }));
  test("says in runc's words that there is none", () => {
    const error = failure(() => readBundle(bundle()));
    expect(error).toBeInstanceOf(NotFound);
    expect(error).toMatchObject({
      message: "JSON specification file config.json not found",
      cause: { code: "ENOENT" },
    });
  });
  test("refuses what isn't JSON", () => {
    const error = failure(() => readBundle(bundle("{")));
    expect(error).toBeInstanceOf(InvalidArgument);
    expect(error).toMatchObject({ message: expect.stringMatching(/^Cannot parse config.json: /) });
  });
  test("refuses what can't be used", () =>
    expect(failure(() => readBundle(bundle("null")))).toEqual(
      new InvalidDocument("config.json", [{ path: "", reason: "null is not an object" }]),
    ));
});

describe("rootfsDir()", () => {
  test("takes a relative path from the bundle", () => expect(rootfsDir("/b", "rootfs")).toBe("/b/rootfs"));
  test("takes an absolute one as it is", () => expect(rootfsDir("/b", "/srv/root")).toBe("/srv/root"));
});
