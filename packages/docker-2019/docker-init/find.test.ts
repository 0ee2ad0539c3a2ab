import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isStatic } from "@eras/linux/elf.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findInit } from "./find.ts";

describe("findInit()", () => {
  let dir: string;
  let told: string[];
  const options = (more: object) => ({ dataRoot: join(dir, "data"), tell: (line: string) => told.push(line), ...more });
  beforeEach(() => {
    told = [];
    dir = mkdtempSync(join(tmpdir(), "docker-eras-init-"));
    for (const name of ["a", "b", "data"]) mkdirSync(join(dir, name));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** Static, and no init: only found, never run. */
  const putStatic = (file: string) => {
    const [, loader] = /(\/lib[^\0]*\/ld-linux[^\0]*)\0/.exec(readFileSync(process.execPath).toString("latin1"))!;
    copyFileSync(loader!, join(dir, file));
  };

  test("takes the host's docker-init before its tini", async () => {
    putStatic("a/tini");
    putStatic("b/docker-init");
    expect(await findInit(options({ path: `${dir}/a:${dir}/b` }))).toBe(join(dir, "b/docker-init"));
  });

  test("passes over one that needs a library, or is no program", async () => {
    copyFileSync("/bin/true", join(dir, "a/docker-init"));
    writeFileSync(join(dir, "a/tini-static"), "", { mode: 0o755 });
    putStatic("b/tini-static");
    expect(await findInit(options({ path: `${dir}/a:${dir}/b` }))).toBe(join(dir, "b/tini-static"));
  });

  test("takes --init-path at its word", async () => {
    copyFileSync("/bin/true", join(dir, "a/mine"));
    expect(await findInit(options({ initPath: join(dir, "a/mine") }))).toBe(join(dir, "a/mine"));
    expect(await findInit(options({ initPath: "mine", path: join(dir, "a") }))).toBe(join(dir, "a/mine"));
    await expect(findInit(options({ initPath: "none", path: join(dir, "a") }))).rejects.toThrow(
      'exec: "none": executable file not found in $PATH',
    );
  });

  const reason = existsSync("/usr/bin/apt-get") ? undefined : "needs apt-get";
  if (reason) return void test.skip(reason);

  test("fetches Debian's, once for all that ask, and keeps it", async () => {
    const path = join(dir, "a"); // nothing is there
    const found = await Promise.all([findInit(options({ path })), findInit(options({ path }))]);
    expect(found).toEqual([join(dir, "data/docker-init/tini-static"), join(dir, "data/docker-init/tini-static")]);
    expect(isStatic(readFileSync(found[0]!))).toBe(true);
    expect(readdirSync(join(dir, "data/docker-init"))).toEqual(["tini-static"]);
    expect(told).toEqual(["fetching docker-init: Debian's package tini"]);
    await findInit(options({ path }));
    expect(told).toHaveLength(1);
  });

  test("says what to do where it can't be had", async () => {
    writeFileSync(join(dir, "data/docker-init"), ""); // the data-root can't hold it
    await expect(findInit(options({ path: join(dir, "a") }))).rejects.toThrow(/\(remedy: apt-get install tini\)$/);
  });
});
