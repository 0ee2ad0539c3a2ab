import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setReadOnly } from "@eras/linux/btrfs.ts";
import { MNT_DETACH, umount } from "@eras/linux/mount.ts";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openBtrfs } from "./btrfs.ts";
import { ownMounts, temporaryDirectory } from "./mount-fixtures.ts";
import { snapshotterSuite } from "./testsuite.ts";

const hasMkfs = spawnSync("mkfs.btrfs", ["--version"]).status === 0;

describe.skipIf(!hasMkfs)(`btrfs${hasMkfs ? "" : " (skipped: no mkfs.btrfs, package btrfs-progs)"}`, () => {
  let place: string;

  beforeAll(() => {
    ownMounts();
    place = mkdtempSync(join(tmpdir(), "eras-btrfs-"));
    const [image, root] = [join(place, "image"), join(place, "root")];
    mkdirSync(root);
    execFileSync("truncate", ["--size=256M", image]);
    execFileSync("mkfs.btrfs", ["--quiet", image]);
    execFileSync("mount", ["-o", "loop", image, root]);
  });

  afterAll(() => {
    umount(join(place, "root"), MNT_DETACH);
    rmSync(place, { recursive: true });
  });

  function directory(): string {
    const path = mkdtempSync(join(place, "root", "test-"));
    onTestFinished(() => rmSync(path, { recursive: true }));
    return path;
  }

  snapshotterSuite("btrfs", openBtrfs, directory);

  test("a committed snapshot is protected, after a crash at the latest when cleanup() runs", async () => {
    const root = directory();
    const snapshotter = openBtrfs(root);
    await snapshotter.prepare("a", undefined);
    await snapshotter.commit("A", "a");
    const tree = join(root, "snapshots/1");
    expect(() => mkdirSync(join(tree, "d"))).toThrow("EROFS");
    setReadOnly(tree, false); // as if the process had ended before it came to that
    await snapshotter.cleanup();
    expect(() => mkdirSync(join(tree, "d"))).toThrow("EROFS");
    await snapshotter.remove("A");
    await snapshotter.close();
  });
});

test("openBtrfs() refuses another file system", () => {
  expect(() => openBtrfs(join(temporaryDirectory(), "root"))).toThrow(FailedPrecondition);
});
