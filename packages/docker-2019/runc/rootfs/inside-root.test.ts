import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { O_PATH } from "@eras/linux/open.ts";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { makeBundle, type TestBundle } from "../testsuite/in-rootfs.ts";
import { type ContainerRoot, makePlace, openPlace, openPlaceIfAny, pathInside, withFd } from "./inside-root.ts";

let bundle: TestBundle;
let root: ContainerRoot;
beforeEach(() => {
  bundle = makeBundle();
  root = { fd: openSync(bundle.rootfs, O_PATH | constants.O_DIRECTORY), path: bundle.rootfs };
  onTestFinished(() => closeSync(root.fd));
});

const inRoot = (path: string) => join(bundle.rootfs, path);
const make = (path: string, kind: "file" | "directory") =>
  withFd(makePlace(root, path, kind), (fd) => pathInside(root, fd));

describe("makePlace()", () => {
  test("makes what is missing, with the directories above it", () => {
    expect(make("/a/b/file", "file")).toBe("/a/b/file");
    expect(statSync(inRoot("a/b/file")).isFile()).toBe(true);
    expect(make("a/b/c", "directory")).toBe("/a/b/c");
    expect(statSync(inRoot("a/b/c")).isDirectory()).toBe(true);
  });

  test("takes what is there, whatever it is", () => {
    make("x", "file");
    expect(make("/x", "directory")).toBe("/x");
    expect(make("/", "directory")).toBe("/");
    expect(make("../../..", "directory")).toBe("/");
  });

  test("stays inside, wherever symbolic links point", () => {
    symlinkSync("/", inRoot("up"));
    symlinkSync("../../../../etc", inRoot("relative"));
    symlinkSync(bundle.outside, inRoot("absolute"));
    expect(make("/up/made", "directory")).toBe("/made");
    expect(make("/relative/made", "directory")).toBe("/etc/made");
    expect(make("/absolute/made", "file")).toBe(`${bundle.outside}/made`); // of the same name, inside
    expect(existsSync(join(bundle.outside, "made"))).toBe(false);
  });

  test("follows links that lead nowhere yet, but not for ever", () => {
    symlinkSync("b", inRoot("a"));
    symlinkSync("/deep/er", inRoot("b"));
    expect(make("/a", "file")).toBe("/deep/er");
    symlinkSync("loop", inRoot("loop"));
    expect(() => make("/loop", "file")).toThrow("ELOOP");
  });

  test("makes nothing below a file", () => {
    make("file", "file");
    expect(() => make("/file/below", "directory")).toThrow("ENOTDIR");
  });
});

describe("openPlace()", () => {
  test("does not jump through links of /proc", () => {
    symlinkSync("/proc/self/root", inRoot("link"));
    expect(openPlaceIfAny(root, "/link")).toBeUndefined(); // "/proc" is the root's own, and empty
    const host = { fd: openSync("/", O_PATH | constants.O_DIRECTORY), path: "/" };
    onTestFinished(() => closeSync(host.fd));
    expect(() => openPlace(host, "/proc/self/root/etc")).toThrow("ELOOP");
  });
});

describe("pathInside()", () => {
  test("notices that a place has been moved away since it was opened", () => {
    mkdirSync(inRoot("x"));
    withFd(openPlace(root, "/x"), (fd) => {
      expect(pathInside(root, fd)).toBe("/x");
      renameSync(inRoot("x"), join(bundle.outside, "x"));
      expect(() => pathInside(root, fd)).toThrow("possible breakout");
      rmdirSync(join(bundle.outside, "x"));
    });
  });
});
