import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { umount } from "@eras/linux/mount.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aufsOptions, mountUnion } from "./mount.ts";

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

function stack(container: string, layers: readonly string[]): string {
  const [rw, target] = [makeDir(container, "rw"), makeDir(container, "rootfs")];
  mountUnion("overlay", target, `br:${rw}=rw:${layers.map((layer) => `${layer}=ro:`).join("")}`);
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

describe('mountUnion("overlay")', () => {
  test("shows the top branch's files, and takes changes into the writable one", () => {
    const layers = makeLayers(3);
    const target = stack("c", layers);
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
    const target = stack("c", makeLayers(200));
    expect(readFileSync(join(target, "last"), "utf8")).toBe("0");
    expect(readdirSync(target).length).toBe(201);
    expect(process.cwd()).toBe(before);
  });

  test("takes layers from different directories", () => {
    const other = makeDir("elsewhere/base");
    writeFileSync(join(other, "base"), "");
    expect(readdirSync(stack("c", [...makeLayers(1), other])).sort()).toEqual(["base", "last", "of-0"]);
  });

  test("says when there are more layers than mount options hold", () => {
    expect(() => stack("c", makeLayers(300))).toThrow("300 layers do not fit in a page of mount options");
  });

  test("says what to do when the writable branch is on an overlay itself", () => {
    const outer = stack("outer", makeLayers(1));
    const [rw, target] = [join(outer, "rw"), makeDir("inner")];
    mkdirSync(rw);
    expect(() => mountUnion("overlay", target, `br:${rw}=rw:${makeDir("layers/base")}=ro:`)).toThrow(
      /is on an overlay itself.*dockerd -g DIR/,
    );
  });
});

describe("aufsOptions()", () => {
  test("lets layers delete what is below them", () => {
    expect(aufsOptions({ rw: "/c/rw", ro: ["/l/top", "/l/base"] })).toEqual(["br:/c/rw=rw:/l/top=ro+wh:/l/base=ro+wh"]);
  });

  test("appends what does not fit in a page, in order", () => {
    const ro = Array.from(
      { length: 100 },
      (_, i) => `/var/lib/docker-eras/2013/images/layers/${String(i).padStart(16, "0")}`,
    );
    const [first, ...rest] = aufsOptions({ rw: "/c/rw", ro });
    expect(Buffer.byteLength(first!)).toBeLessThan(4096);
    const all = [first!.slice("br:/c/rw=rw:".length), ...rest.map((data) => data.slice("append:".length))].join(":");
    expect(rest.every((data) => data.startsWith("append:"))).toBe(true);
    expect(all.split(":")).toEqual(ro.map((layer) => `${layer}=ro+wh`));
  });
});
