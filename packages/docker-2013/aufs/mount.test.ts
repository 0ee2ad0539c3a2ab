import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { umount } from "@eras/linux/mount.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mountAufs } from "./mount.ts";

let dir: string;
const mounted: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "aufs-"));
});
afterEach(() => {
  for (const target of mounted.splice(0).reverse()) umount(target);
  rmSync(dir, { recursive: true });
});

function makeDir(...names: string[]): string {
  const path = join(dir, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}

function mountUnion(container: string, layers: readonly string[]): string {
  const [rw, target] = [makeDir(container, "rw"), makeDir(container, "rootfs")];
  mountAufs(target, `br:${rw}=rw:${layers.map((layer) => `${layer}=ro:`).join("")}`);
  mounted.push(target);
  return target;
}

/** Layers, the top one first; each has a file of its own and writes its number into "last". */
function makeLayers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const layer = makeDir("layers", i.toString(16).padStart(16, "0"));
    writeFileSync(join(layer, `of-${i}`), "");
    writeFileSync(join(layer, "last"), String(i));
    return layer;
  });
}

describe("mountAufs()", () => {
  test("shows the top branch's files, and takes changes into the writable one", () => {
    const layers = makeLayers(3);
    const target = mountUnion("c", layers);
    expect(readFileSync(join(target, "last"), "utf8")).toBe("0");
    expect(readdirSync(target).sort()).toEqual(["last", "of-0", "of-1", "of-2"]);
    writeFileSync(join(target, "new"), "");
    rmSync(join(target, "of-2"));
    expect(readdirSync(join(dir, "c/rw")).sort()).toEqual(["new", "of-2"]);
    expect(lstatSync(join(dir, "c/rw/of-2")).isCharacterDevice()).toBe(true); // the whiteout
    expect(readdirSync(layers[2]!)).toContain("of-2");
  });

  test("stacks 200 layers, and stays where it was", () => {
    const before = process.cwd();
    const target = mountUnion("c", makeLayers(200));
    expect(readFileSync(join(target, "last"), "utf8")).toBe("0");
    expect(readdirSync(target).length).toBe(201);
    expect(process.cwd()).toBe(before);
  });

  test("takes layers from different directories", () => {
    const other = makeDir("elsewhere/base");
    writeFileSync(join(other, "base"), "");
    expect(readdirSync(mountUnion("c", [...makeLayers(1), other])).sort()).toEqual(["base", "last", "of-0"]);
  });

  test("says when there are more layers than mount options hold", () => {
    expect(() => mountUnion("c", makeLayers(300))).toThrow("300 layers do not fit in a page of mount options");
  });

  test("says what to do when the writable branch is on an overlay itself", () => {
    const outer = mountUnion("outer", makeLayers(1));
    const [rw, target] = [join(outer, "rw"), makeDir("inner")];
    mkdirSync(rw);
    expect(() => mountAufs(target, `br:${rw}=rw:${makeDir("layers/base")}=ro:`)).toThrow(
      /is on an overlay itself.*dockerd -g DIR/,
    );
  });
});
