import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { chunksOf, collect, file, tar } from "@eras/layers/archive-fixtures.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { beforeAll, expect, test } from "vitest";
import { ownMounts, temporaryDirectory } from "./fixtures.ts";
import { openOverlay2 } from "./overlay2.ts";
import { graphDriverSuite } from "./testsuite.ts";

beforeAll(ownMounts);

graphDriverSuite("overlay2", openOverlay2, temporaryDirectory);

const modeOf = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);

test("the directories are Docker's: diff, link, lower, work, and short names in l", async () => {
  const home = join(temporaryDirectory(), "overlay2");
  const driver = openOverlay2(home);
  await driver.create("a");
  await driver.create("b", "a");
  await driver.createReadWrite("c", "b", {});
  expect(readdirSync(join(home, "a")).sort()).toEqual(["committed", "diff", "link"]);
  expect(readdirSync(join(home, "c")).sort()).toEqual(["diff", "link", "lower", "work"]);
  const [a, b] = ["a", "b"].map((id) => readFileSync(join(home, id, "link"), "utf8"));
  expect(a).toMatch(/^[A-Z0-9]{26}$/);
  expect(readlinkSync(join(home, "l", a!))).toBe("../a/diff");
  expect(readFileSync(join(home, "c/lower"), "utf8")).toBe(`l/${b}:l/${a}`);
  expect([home, join(home, "a"), join(home, "l"), join(home, "c/diff"), join(home, "c/work")].map(modeOf)).toEqual([
    "710",
    "710",
    "700",
    "755",
    "700",
  ]);
});

test("a container's mount says where its changes go, and merged is there while it lasts", async () => {
  const home = join(temporaryDirectory(), "overlay2");
  const driver = openOverlay2(home);
  await driver.create("a");
  await driver.createReadWrite("b", "a", {});
  const merged = driver.get("b");
  expect(merged).toBe(join(home, "b/merged"));
  const mount = readMountinfo().find(({ mountPoint }) => mountPoint === merged);
  expect(mount?.type).toBe("overlay");
  const short = readFileSync(join(home, "a/link"), "utf8");
  expect(mount?.superOptions).toEqual(
    expect.arrayContaining([`lowerdir=${home}/l/${short}`, `upperdir=${home}/b/diff`, `workdir=${home}/b/work`]),
  );
  driver.put("b");
  expect(existsSync(merged)).toBe(false);
});

test("a layer that others lie on is shown read-only", async () => {
  const driver = openOverlay2(join(temporaryDirectory(), "overlay2"));
  await driver.create("a");
  await driver.create("b", "a");
  await driver.create("c", "b");
  const root = driver.get("b");
  expect(() => execFileSync("touch", [join(root, "f")], { stdio: "pipe" })).toThrow("Read-only file system");
  driver.put("b");
});

test("a stack of 129 layers is too deep, and what was begun is gone", async () => {
  const driver = openOverlay2(join(temporaryDirectory(), "overlay2"));
  await driver.create("0");
  for (let i = 1; i <= 128; i++) await driver.create(`${i}`, `${i - 1}`);
  await expect(driver.create("129", "128")).rejects.toThrow("max depth exceeded");
  expect(driver.exists("129")).toBe(false);
});

test("128 layers are mounted with paths that don't fit a page, relative ones then", async () => {
  const home = join(temporaryDirectory(), "a-directory-with-a-long-name-".repeat(4), "overlay2");
  const driver = openOverlay2(home);
  let below: string | undefined;
  for (let i = 0; i < 128; i++) {
    await driver.create(`${i}`, below);
    below = `${i}`;
  }
  await driver.apply("127", "126", chunksOf(tar(file("top"))));
  await driver.createReadWrite("container", "127", {});
  const before = process.cwd();
  expect(readdirSync(driver.get("container"))).toEqual(["top"]);
  expect(process.cwd()).toBe(before);
  driver.put("container");
});

test("whiteouts on the disk are overlayfs's own", async () => {
  const driver = openOverlay2(join(temporaryDirectory(), "overlay2"));
  await driver.create("a");
  await driver.apply("a", undefined, chunksOf(tar(file("gone"))));
  await driver.create("b", "a");
  await driver.apply("b", "a", chunksOf(tar(file(".wh.gone", ""))));
  const stats = statSync(join(driver.layerDirectory("b"), "gone"));
  expect([stats.isCharacterDevice(), stats.rdev]).toEqual([true, 0]);
  expect((await collect(driver.diff("b", "a"))).toString("latin1")).toContain(".wh.gone");
});

test("openOverlay2() refuses a path that can't be an option, and tells what it lies on", () => {
  expect(() => openOverlay2(join(temporaryDirectory(), "a:b"))).toThrow(InvalidArgument);
  const status = new Map(openOverlay2(join(temporaryDirectory(), "overlay2")).status());
  expect(status.get("Supports d_type")).toBe("true");
  expect(status.get("Backing Filesystem")).toMatch(/^(extfs|xfs|btrfs|tmpfs|overlayfs)$/);
});
