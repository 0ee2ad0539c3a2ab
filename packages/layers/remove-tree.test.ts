import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mknod, S_IFCHR } from "@eras/linux/mknod.ts";
import { AT_FDCWD, mkdirat, openDirectory } from "@eras/linux/open.ts";
import { describe, expect, test } from "vitest";
import { removeTree } from "./remove-tree.ts";
import { temporaryDirectory } from "./tree-fixtures.ts";

/** Makes directories called d within each other. */
function makeDeep(root: string, depth: number): void {
  let fd = openDirectory(AT_FDCWD, root, 0);
  for (let i = 0; i < depth; i++) {
    mkdirat(fd, "d", 0o755);
    const inner = openDirectory(fd, "d", 0);
    closeSync(fd);
    fd = inner;
  }
  closeSync(fd);
}

describe("removeTree()", () => {
  test("removes files, directories without permissions and whiteouts", async () => {
    const root = mkdtempSync(join(tmpdir(), "layers-"));
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "a/b/f"), "");
    mknod(join(root, "a/gone"), S_IFCHR, 0);
    execFileSync("chmod", ["000", join(root, "a/b"), join(root, "a")]);
    await removeTree(root);
    expect(existsSync(root)).toBe(false);
  });

  test("removes a file, and does nothing where nothing is", async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "f"), "");
    await removeTree(join(root, "f"));
    await removeTree(join(root, "f"));
    await removeTree(join(root, "no/where"));
    expect(readdirSync(root)).toEqual([]);
  });

  test("removes a symbolic link and not what it leads to", async () => {
    const root = temporaryDirectory();
    mkdirSync(join(root, "kept/f"), { recursive: true });
    mkdirSync(join(root, "tree"));
    symlinkSync("../kept", join(root, "tree/link"));
    symlinkSync("kept", join(root, "link"));
    await removeTree(join(root, "tree"));
    await removeTree(join(root, "link"));
    expect(readdirSync(root)).toEqual(["kept"]);
    expect(readdirSync(join(root, "kept"))).toEqual(["f"]);
  });

  test("removes a tree that is deeper than a path can say", async () => {
    const root = temporaryDirectory();
    makeDeep(root, 3000);
    await removeTree(join(root, "d"));
    expect(readdirSync(root)).toEqual([]);
  });
});
