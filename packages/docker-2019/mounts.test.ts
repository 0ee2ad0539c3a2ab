import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

/** Runs `source` in a mount namespace of its own, in an empty directory, and gives what it reported. */
function inMountNamespace(source: string): unknown[] {
  const directory = mkdtempSync(join(tmpdir(), "eras-mounts-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const name of ["one", "two", "upper", "work", "place"]) mkdirSync(join(directory, name));
  const head = `
    import * as fs from "node:fs";
    import { CLONE_NEWNS, unshare } from "@eras/linux/namespaces.ts";
    import { MS_PRIVATE, MS_REC, mount } from "@eras/linux/mount.ts";
    import { readMountinfo } from "@eras/linux/mountinfo.ts";
    import { mountAll, unmountAll } from "./mounts.ts";
    const d = ${JSON.stringify(directory)};
    const report = (value) => console.log(JSON.stringify(value));
    unshare(CLONE_NEWNS);
    mount(null, "/", null, MS_PRIVATE | MS_REC, null);
    mount("tmpfs", d, "tmpfs", 0, null);
    for (const name of ["one", "two", "upper", "work", "place"]) fs.mkdirSync(d + "/" + name);
  `;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module-typescript", "--eval", head + source],
    { cwd: import.meta.dirname, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

test("mountAll() mounts an overlay", () => {
  const [content, above] = inMountNamespace(`
    fs.writeFileSync(d + "/one/f", "below");
    const options = ["index=off", "workdir=" + d + "/work", "upperdir=" + d + "/upper", "lowerdir=" + d + "/two:" + d + "/one"];
    mountAll([{ type: "overlay", source: "overlay", options }], d + "/place");
    report(fs.readFileSync(d + "/place/f", "utf8"));
    fs.writeFileSync(d + "/place/g", "");
    report(fs.readdirSync(d + "/upper"));
  `);
  expect([content, above]).toEqual(["below", ["g"]]);
});

test("mountAll() makes a bind read-only", () => {
  const [error] = inMountNamespace(`
    mountAll([{ type: "bind", source: d + "/one", options: ["ro", "rbind"] }], d + "/place");
    try { fs.writeFileSync(d + "/place/f", "") } catch ({ code }) { report(code) }
  `);
  expect(error).toBe("EROFS");
});

test("mountAll() mounts more layers than a page has room for, and stays where it was", () => {
  const [names, directory] = inMountNamespace(`
    const lowers = Array.from({ length: 120 }, (_, i) => d + "/one/" + "a-directory-with-a-long-name/".repeat(2) + i + "/fs");
    for (const [i, lower] of lowers.entries()) { fs.mkdirSync(lower, { recursive: true }); fs.writeFileSync(lower + "/" + i, "") }
    mountAll([{ type: "overlay", source: "overlay", options: ["lowerdir=" + lowers.join(":")] }], d + "/place");
    report(fs.readdirSync(d + "/place").length);
    report(process.cwd());
  `);
  expect([names, directory]).toEqual([120, import.meta.dirname]);
});

test("mountAll() says when there are too many layers, in place of mounting some", () => {
  const [message] = inMountNamespace(`
    const lowers = Array.from({ length: 600 }, (_, i) => d + "/one/" + i + "/fs");
    try { mountAll([{ type: "overlay", source: "overlay", options: ["lowerdir=" + lowers.join(":")] }], d + "/place") }
    catch (error) { report(error.message) }
  `);
  expect(message).toMatch(/^Cannot mount overlay at .*\/place: its options take \d+ bytes, the kernel reads 4095$/);
});

test("mountAll() takes its mounts back when one fails", () => {
  const [error, left] = inMountNamespace(`
    const before = readMountinfo().length;
    const mounts = [
      { type: "bind", source: d + "/one", options: ["bind"] },
      { type: "tmpfs", source: "x", options: ["no-such-option"] },
    ];
    try { mountAll(mounts, d + "/place") } catch ({ code }) { report(code) }
    report(readMountinfo().length - before);
  `);
  expect([error, left]).toEqual(["EINVAL", 0]);
});

test("mountAll() puts a mount below the place", () => {
  const [names] = inMountNamespace(`
    fs.mkdirSync(d + "/one/sub");
    fs.writeFileSync(d + "/two/f", "");
    mountAll([
      { type: "bind", source: d + "/one", options: ["bind"] },
      { type: "bind", source: d + "/two", target: "sub", options: ["bind"] },
    ], d + "/place");
    report(fs.readdirSync(d + "/place/sub"));
  `);
  expect(names).toEqual(["f"]);
});

test("unmountAll() takes away all that is stacked, and asks nothing of a place without a mount", () => {
  const [left] = inMountNamespace(`
    const before = readMountinfo().length;
    for (const source of ["one", "two"]) mountAll([{ type: "bind", source: d + "/" + source, options: ["bind"] }], d + "/place");
    unmountAll(d + "/place");
    unmountAll(d + "/place");
    unmountAll(d + "/nowhere");
    report(readMountinfo().length - before);
  `);
  expect(left).toBe(0);
});
