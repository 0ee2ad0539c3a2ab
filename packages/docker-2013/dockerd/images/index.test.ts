import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageName, newImage } from "./image.ts";
import { Index } from "./index.ts";

let dir: string;
let index: Index;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "index-"));
  index = new Index(join(dir, "index.json"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const LAYER = "/layers/0123456789abcdef";
const aged = (name: string, layer: string, Created: string) => ({ ...newImage(name, [layer], ""), Created });

describe("newImage()", () => {
  test("is called by its only layer, or by a hash of several", () => {
    expect(newImage("base", [LAYER], "").Id).toBe("base:0123456789abcdef");
    const stacked = newImage("base", ["/l/top", "/l/bottom"], "x");
    expect(stacked.Id).toMatch(/^base:[0-9a-f]{16}$/);
    expect(stacked.Id).not.toBe(newImage("base", ["/l/bottom", "/l/top"], "x").Id);
  });

  test.each(["", "two words", "tab\t", "nul\0"])("refuses the name %j", (name) => {
    expect(() => newImage(name, [LAYER], "")).toThrow("Illegal image name");
  });

  test("keeps colons in a name", () => {
    expect(imageName(newImage("http://host:1/x.tar", [LAYER], ""))).toBe("http://host:1/x.tar");
  });
});

describe("Index", () => {
  test("finds by id first, then the newest of the name", () => {
    const old = aged("base", "/l/old", "2013-01-01T00:00:00Z");
    const recent = aged("base", "/l/new", "2013-01-29T16:51:03.123456789-08:00");
    const clash = aged(old.Id, "/l/clash", "2013-02-01T00:00:00Z");
    for (const image of [recent, old, clash]) index.add(image);
    expect(index.find("base")).toEqual(recent);
    expect(index.find(old.Id)).toEqual(old);
    expect(index.find("bas")).toBeUndefined();
    expect(index.find("__proto__")).toBeUndefined();
  });

  test("is a file in the era's shape, for root alone", () => {
    const image = newImage("base", [LAYER], "");
    index.add(image);
    expect(JSON.parse(readFileSync(index.Path, "utf8"))).toEqual({
      Path: index.Path,
      ByName: { base: [image] },
      ById: { "base:0123456789abcdef": image },
    });
    expect(statSync(index.Path).mode & 0o777).toBe(0o600);
  });

  test("adds the newest of a name only once", () => {
    index.add(newImage("base", [LAYER], ""));
    index.add(newImage("base", [LAYER], ""));
    expect(index.histories().map(([name, history]) => [name, history.length])).toEqual([["base", 1]]);
  });

  test("copies under another name and forgets names, not layers", () => {
    index.add(newImage("base", [LAYER], ""));
    expect(index.copy("base", "copy")).toMatchObject({ Id: "copy:0123456789abcdef", Parent: "base:0123456789abcdef" });
    index.remove("base");
    expect(index.find("base")).toBeUndefined();
    expect(index.find("copy")!.Layers).toEqual([LAYER]);
    expect(() => index.remove("base")).toThrow("No such image: base");
    expect(() => index.copy("base", "x")).toThrow("No such image: base");
  });

  test("sees what another process wrote", () => {
    index.add(newImage("base", [LAYER], ""));
    new Index(index.Path).add(newImage("other", [LAYER], ""));
    expect(index.histories().map(([name]) => name)).toEqual(["base", "other"]);
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '{"ByName":[],"ById":{}}',
    '{"ByName":{"a":[{}]},"ById":{}}',
    '{"ByName":{"a":7},"ById":{}}',
  ])("names a broken file, and does not touch it: %s", (text) => {
    writeFileSync(index.Path, text);
    expect(() => index.find("base")).toThrow(`Cannot read ${index.Path}: `);
    expect(() => index.add(newImage("base", [LAYER], ""))).toThrow();
    expect(readFileSync(index.Path, "utf8")).toBe(text);
  });
});
