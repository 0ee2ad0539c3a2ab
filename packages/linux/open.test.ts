import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makedev, S_IFCHR } from "./mknod.ts";
import * as open from "./open.ts";

let directory: string;
let dirFd: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "open-"));
  mkdirSync(join(directory, "etc"));
  writeFileSync(join(directory, "etc/passwd"), "inside");
  symlinkSync("/etc/passwd", join(directory, "absolute"));
  symlinkSync("../../../../../../etc/passwd", join(directory, "upward"));
  symlinkSync("etc/passwd", join(directory, "relative"));
  dirFd = open.openDirectory(open.AT_FDCWD, directory, 0);
});
afterEach(() => {
  closeSync(dirFd);
  rmSync(directory, { recursive: true });
});

const at = (name: string) => lstatSync(join(directory, name), { bigint: true });

describe("openat2()", () => {
  const read = (path: string, resolve: number) => {
    const fd = open.openat2(dirFd, path, { flags: constants.O_RDONLY, resolve });
    try {
      return readFileSync(fd, "utf8");
    } finally {
      closeSync(fd);
    }
  };

  test.each(["absolute", "upward", "relative", "/etc/passwd", "../../etc/passwd"])(
    "stays inside with RESOLVE_IN_ROOT: %s",
    (path) => expect(read(path, open.RESOLVE_IN_ROOT)).toBe("inside"),
  );

  test.each(["absolute", "upward", "/etc/passwd", "../etc"])("refuses the way out with RESOLVE_BENEATH: %s", (path) =>
    expect(() => read(path, open.RESOLVE_BENEATH)).toThrow(`openat2 ${path}: EXDEV`),
  );

  test("refuses links with RESOLVE_NO_SYMLINKS", () => {
    expect(read("etc/passwd", open.RESOLVE_NO_SYMLINKS)).toBe("inside");
    expect(() => read("relative", open.RESOLVE_NO_SYMLINKS)).toThrow("ELOOP");
  });

  test("refuses other mounts and magic links when told", () => {
    const openRoot = (path: string, resolve: number) => () =>
      open.openat2(open.AT_FDCWD, path, { flags: constants.O_RDONLY, resolve });
    expect(openRoot("/proc/self/status", open.RESOLVE_NO_XDEV)).toThrow("EXDEV");
    expect(openRoot("/proc/self/exe", open.RESOLVE_NO_MAGICLINKS)).toThrow("ELOOP");
  });

  test("makes a file with a mode, close-on-exec", () => {
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    const fd = open.openat2(dirFd, "new", { flags: O_CREAT | O_EXCL | O_WRONLY, mode: 0o600, resolve: 0 });
    expect(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")).toMatch(/flags:\t0?2\d{6}/);
    closeSync(fd);
    expect(Number(at("new").mode & 0o7777n)).toBe(0o600);
  });
});

describe("openDirectory()", () => {
  test("refuses what is no directory", () => {
    expect(() => open.openDirectory(dirFd, "etc/passwd", 0)).toThrow("ENOTDIR");
  });
});

describe("the *at calls", () => {
  test("mkdirat() and unlinkat() make and remove a directory", () => {
    open.mkdirat(dirFd, "made", 0o700);
    expect(at("made").isDirectory()).toBe(true);
    expect(() => open.unlinkat(dirFd, "made")).toThrow("unlinkat made: EISDIR");
    open.unlinkat(dirFd, "made", open.AT_REMOVEDIR);
    expect(() => at("made")).toThrow("ENOENT");
  });

  test("mknodat() makes a device", () => {
    open.mknodat(dirFd, "null", S_IFCHR | 0o600, makedev(1, 3));
    expect(at("null").isCharacterDevice()).toBe(true);
    expect(at("null").rdev).toBe(lstatSync("/dev/null", { bigint: true }).rdev);
  });

  test("symlinkat() makes a link, and unlinkat() removes it, not its target", () => {
    open.symlinkat("etc", dirFd, "link");
    expect(at("link").isSymbolicLink()).toBe(true);
    open.unlinkat(dirFd, "link");
    expect(at("etc").isDirectory()).toBe(true);
  });

  test("linkat() gives a second name, to a symbolic link too", () => {
    open.linkat(dirFd, "etc/passwd", dirFd, "second");
    expect(at("second").ino).toBe(at("etc/passwd").ino);
    open.linkat(dirFd, "relative", dirFd, "link");
    expect(at("link").isSymbolicLink()).toBe(true);
    open.linkat(dirFd, "relative", dirFd, "followed", open.AT_SYMLINK_FOLLOW);
    expect(at("followed").ino).toBe(at("etc/passwd").ino);
  });

  test("renameat() moves over an existing file", () => {
    writeFileSync(join(directory, "new"), "new");
    linkSync(join(directory, "new"), join(directory, "other"));
    const { ino } = at("new");
    open.renameat(dirFd, "other", dirFd, "etc/passwd");
    expect(at("etc/passwd").ino).toBe(ino);
  });

  test("fchownat() changes the owner of a link itself", () => {
    open.fchownat(dirFd, "relative", 1000, 2 ** 32 - 2, open.AT_SYMLINK_NOFOLLOW);
    expect(at("relative")).toMatchObject({ uid: 1000n, gid: 2n ** 32n - 2n });
    expect(at("etc/passwd").uid).toBe(0n);
  });

  test("fchmodat() changes permissions, set-user-ID included", () => {
    open.fchmodat(dirFd, "etc/passwd", 0o4711);
    expect(Number(at("etc/passwd").mode & 0o7777n)).toBe(0o4711);
  });

  test.each([0n, 1n, 1_359_590_400_123_456_789n, -1n, -1_500_000_000n])(
    "utimensat() sets times to the nanosecond: %d",
    (time) => {
      open.utimensat(dirFd, "relative", 0n, time, open.AT_SYMLINK_NOFOLLOW);
      expect(at("relative").mtimeNs).toBe(time);
      expect(at("relative").atimeNs).toBe(0n);
      expect(at("etc/passwd").mtimeNs).not.toBe(time);
    },
  );

  test("readlinkat() gives what a link says", () => {
    expect(open.readlinkat(dirFd, "upward").toString()).toBe("../../../../../../etc/passwd");
  });
});
