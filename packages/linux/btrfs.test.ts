import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSubvolume, isSubvolume } from "./btrfs.ts";
import { inChild } from "./in-child.ts";

const hasMkfs = spawnSync("mkfs.btrfs", ["--version"]).status === 0;
const why = hasMkfs ? "" : " (skipped: no mkfs.btrfs, package btrfs-progs)";

/** Runs `source` in a mount namespace of its own, where the working directory is an empty btrfs. */
function onBtrfs(source: string): unknown[] {
  const directory = mkdtempSync(join(tmpdir(), "eras-btrfs-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return inChild(`
    import { execFileSync } from "node:child_process";
    import * as fs from "node:fs";
    import * as btrfs from "./btrfs.ts";
    import { cloneFile } from "./reflink.ts";
    import { MS_PRIVATE, MS_REC, mount } from "./mount.ts";
    import { CLONE_NEWNS, unshare } from "./namespaces.ts";
    unshare(CLONE_NEWNS);
    mount(null, "/", null, MS_PRIVATE | MS_REC, null);
    process.chdir(${JSON.stringify(directory)});
    execFileSync("truncate", ["--size=128M", "image"]);
    execFileSync("mkfs.btrfs", ["--quiet", "image"]);
    fs.mkdirSync("root");
    execFileSync("mount", ["-o", "loop", "image", "root"]);
    process.chdir("root");
    const codeOf = (act) => { try { act(); return "none" } catch ({ code }) { return code } };
    ${source}
  `);
}

test.skipIf(!hasMkfs)(`snapshots of subvolumes go their own ways, and can be mounted by their number${why}`, () => {
  const [kinds, contents, byNumber, left] = onBtrfs(`
    btrfs.createSubvolume("a");
    fs.mkdirSync("plain");
    fs.writeFileSync("a/f", "before");
    btrfs.snapshotSubvolume("a", "b");
    fs.writeFileSync("a/f", "after");
    report(["a", "b", "plain", "a/f", "nothing"].map(btrfs.isSubvolume));
    report([fs.readFileSync("a/f", "utf8"), fs.readFileSync("b/f", "utf8")]);
    const device = execFileSync("findmnt", ["-no", "SOURCE", "--target", "."], { encoding: "utf8" }).trim();
    mount(device, "plain", "btrfs", 0, "subvolid=" + btrfs.subvolumeId("b"));
    report(fs.readFileSync("plain/f", "utf8"));
    btrfs.destroySubvolume("b");
    report(fs.readdirSync("."));
  `);
  expect(kinds).toEqual([true, true, false, false, false]);
  expect(contents).toEqual(["after", "before"]);
  expect(byNumber).toBe("before");
  expect(left).toEqual(["a", "plain"]);
});

test.skipIf(!hasMkfs)(`a read-only subvolume can't be changed, but removed and copied${why}`, () => {
  const [refused, allowed] = onBtrfs(`
    btrfs.createSubvolume("a");
    btrfs.setReadOnly("a", true);
    report(codeOf(() => fs.writeFileSync("a/f", "")));
    btrfs.snapshotSubvolume("a", "b");
    fs.writeFileSync("b/f", "");
    btrfs.setReadOnly("a", false);
    report(codeOf(() => fs.writeFileSync("a/f", "")));
    btrfs.setReadOnly("a", true);
    btrfs.destroySubvolume("a");
  `);
  expect([refused, allowed]).toEqual(["EROFS", "none"]);
});

test.skipIf(!hasMkfs)(`cloneFile() shares blocks${why}`, () => {
  const [cloned, content] = onBtrfs(`
    fs.writeFileSync("a", "x".repeat(1 << 20));
    const [from, to] = [fs.openSync("a", "r"), fs.openSync("b", "w")];
    report(cloneFile(to, from));
    report(fs.readFileSync("b", "utf8") === "x".repeat(1 << 20));
  `);
  expect([cloned, content]).toEqual([true, true]);
});

test("other file systems have no subvolumes", () => {
  const directory = mkdtempSync(join(tmpdir(), "eras-no-btrfs-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  expect(isSubvolume(directory)).toBe(false);
  expect(() => createSubvolume(join(directory, "a"))).toThrow("ioctl: ENOTTY");
});
