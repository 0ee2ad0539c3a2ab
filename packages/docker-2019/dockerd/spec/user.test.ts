import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findUser } from "./user.ts";

describe("findUser()", () => {
  let rootfs: string;
  beforeEach(() => {
    rootfs = mkdtempSync(join(tmpdir(), "docker-eras-user-"));
    mkdirSync(join(rootfs, "etc"));
  });
  afterEach(() => rmSync(rootfs, { recursive: true }));
  const passwd = (text: string) => writeFileSync(join(rootfs, "etc/passwd"), text);

  test("finds a user by name, and the groups that list it", () => {
    passwd("web:x:7:8:::\n");
    writeFileSync(join(rootfs, "etc/group"), "web:x:8:\nlogs:x:9:mail,web\n");
    expect(findUser("web", rootfs)).toEqual({ uid: 7, gid: 8, additionalGids: [8, 9] });
  });

  test("takes a number for itself where there are no files", () =>
    expect(findUser("7:8", rootfs)).toEqual({ uid: 7, gid: 8, additionalGids: [8] }));

  test("refuses a name that the container hasn't", () =>
    expect(() => findUser("web", rootfs)).toThrow("unable to find user web: no matching entries in passwd file"));

  test("refuses a number that is none", () =>
    expect(() => findUser("2147483648", rootfs)).toThrow("uids and gids must be in range 0-2147483647"));

  test("does not read the host's files through a link of the container's", () => {
    symlinkSync("/etc/passwd", join(rootfs, "etc/passwd")); // absolute: within the container it is a loop
    expect(() => findUser("root", rootfs)).toThrow("no matching entries");
    rmSync(join(rootfs, "etc/passwd"));
    symlinkSync("../../../../../../etc/passwd", join(rootfs, "etc/passwd"));
    expect(() => findUser("root", rootfs)).toThrow("no matching entries");
  });

  test("passes over a directory in the place of a file", () => {
    mkdirSync(join(rootfs, "etc/passwd"));
    expect(findUser("7", rootfs).uid).toBe(7);
  });
});
