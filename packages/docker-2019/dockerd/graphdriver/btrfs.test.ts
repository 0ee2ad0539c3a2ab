import { join } from "node:path";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBtrfs } from "./btrfs.ts";
import { BtrfsDisk, hasMkfsBtrfs, ownMounts, temporaryDirectory } from "./fixtures.ts";
import { openGraphDriver } from "./open.ts";
import { graphDriverSuite } from "./testsuite.ts";

describe.skipIf(!hasMkfsBtrfs)(`btrfs${hasMkfsBtrfs ? "" : " (skipped: no mkfs.btrfs, package btrfs-progs)"}`, () => {
  let disk: BtrfsDisk;

  beforeAll(() => {
    ownMounts();
    disk = new BtrfsDisk();
  });
  afterAll(() => disk.remove());

  graphDriverSuite("btrfs", openBtrfs, () => disk.directory());

  test("is what a data root on btrfs gets", () => {
    expect(openGraphDriver(disk.directory()).name).toBe("btrfs");
  });
});

test("openBtrfs() refuses another file system", () => {
  expect(() => openBtrfs(join(temporaryDirectory(), "btrfs"))).toThrow(FailedPrecondition);
});
