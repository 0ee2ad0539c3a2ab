import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { getxattr, lgetxattr, listxattr, llistxattr, lremovexattr, lsetxattr, removexattr, setxattr } from "./xattr.ts";

let dir: string;
let file: string;
let link: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "xattr-"));
  file = join(dir, "file");
  link = join(dir, "link");
  writeFileSync(file, "");
  symlinkSync("file", link);
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("setxattr()", () => {
  test("keeps binary values", () => {
    const value = Buffer.from([0, 1, 255, 0]);
    setxattr(file, "user.binary", value);
    expect(getxattr(file, "user.binary")).toEqual(value);
  });

  test("keeps empty values, which differ from none", () => {
    setxattr(file, "user.empty", Buffer.alloc(0));
    expect(getxattr(file, "user.empty")).toEqual(Buffer.alloc(0));
    expect(getxattr(file, "user.none")).toBeUndefined();
  });

  test("replaces a value", () => {
    setxattr(file, "user.a", Buffer.from("long value"));
    setxattr(file, "user.a", Buffer.from("b"));
    expect(String(getxattr(file, "user.a"))).toBe("b");
  });

  test("names call, path and errno when it fails", () => {
    expect(() => setxattr(join(dir, "missing"), "user.a", Buffer.from(""))).toThrow(`setxattr ${dir}/missing: ENOENT`);
    expect(() => setxattr(file, "nonsense", Buffer.from(""))).toThrow("ENOTSUP");
  });
});

describe("listxattr()", () => {
  test("lists names, none on a new file", () => {
    expect(listxattr(file)).toEqual([]);
    setxattr(file, "user.a", Buffer.from("1"));
    setxattr(file, "trusted.ü", Buffer.from("2"));
    expect(listxattr(file).sort()).toEqual(["trusted.ü", "user.a"]);
  });
});

describe("removexattr()", () => {
  test("removes one attribute, once", () => {
    setxattr(file, "user.a", Buffer.from("1"));
    removexattr(file, "user.a");
    expect(getxattr(file, "user.a")).toBeUndefined();
    expect(() => removexattr(file, "user.a")).toThrow("ENODATA");
  });
});

describe("the l variants", () => {
  test("act on the link, the others on what it points to", () => {
    lsetxattr(link, "trusted.on", Buffer.from("link"));
    setxattr(link, "trusted.on", Buffer.from("file"));
    expect(String(lgetxattr(link, "trusted.on"))).toBe("link");
    expect(String(getxattr(file, "trusted.on"))).toBe("file");
    lremovexattr(link, "trusted.on");
    expect(llistxattr(link)).toEqual([]);
    expect(listxattr(link)).toEqual(["trusted.on"]);
  });
});
