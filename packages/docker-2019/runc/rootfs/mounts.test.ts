import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEV, inRootfs, makeBundle, PROC, type TestBundle } from "../testsuite/in-rootfs.ts";

const optionsOf = (path: string) => `report(at(${JSON.stringify(path)}).options);`;

/** A directory of the host with another filesystem below it, which the returned statement mounts. */
function volume(bundle: TestBundle, flags = "0"): string {
  mkdirSync(join(bundle.outside, "below"));
  writeFileSync(join(bundle.outside, "file"), "");
  return `mount("v", bundle.outside + "/below", "tmpfs", ${flags}, null);`;
}

describe("bind mounts", () => {
  const bind = (...options: string[]) => ({ destination: "/volume", type: "none", options: ["bind", ...options] });

  test("show files and directories; what they are mounted on is made", () => {
    const bundle = makeBundle();
    writeFileSync(join(bundle.outside, "file"), "from the host");
    const mounts = [
      { destination: "/a/b/file", source: join(bundle.outside, "file"), options: ["bind"] },
      { destination: "/c/dir", source: "outside", options: ["rbind"] }, // from the bundle
    ];
    const body = `report(fs.readFileSync("/a/b/file", "utf8")); report(fs.readdirSync("/c/dir"));`;
    expect(inRootfs(bundle, { mounts }, { body })).toEqual(["from the host", ["file"]]);
    expect(statSync(join(bundle.rootfs, "a/b/file")).mode & 0o777).toBe(0o755);
  });

  test("are put where the host's path of a place in the rootfs says", () => {
    const bundle = makeBundle();
    writeFileSync(join(bundle.outside, "file"), "");
    const mounts = [{ ...bind(), source: bundle.outside, destination: join(bundle.rootfs, "a/b") }];
    expect(inRootfs(bundle, { mounts }, { body: `report(fs.readdirSync("/a/b"));` })).toEqual([["file"]]);
  });

  test("keep their source's flags without words, and get those of the words in their place", () => {
    const bundle = makeBundle();
    const before = `mount("v", bundle.outside, "tmpfs", MS_NOSUID | MS_NODEV, null);`;
    const options = (...words: string[]) =>
      inRootfs(
        bundle,
        { mounts: [{ ...bind(...words), source: bundle.outside }, PROC] },
        { before, body: optionsOf("/volume") },
      )[0];
    expect(options()).toEqual(["rw", "nosuid", "nodev", "relatime"]);
    expect(options("ro", "noexec")).toEqual(["ro", "noexec", "relatime"]);
    expect(options("noatime", "nodiratime")).toEqual(["rw", "noatime", "nodiratime"]);
    expect(options("strictatime", "nosymfollow")).toEqual(["rw", "nosymfollow"]);
  });

  test("get attributes with what is below them", () => {
    const bundle = makeBundle();
    const before = volume(bundle);
    const below = (...words: string[]) => {
      const mounts = [{ ...bind(...words), source: bundle.outside }, PROC];
      return inRootfs(bundle, { mounts }, { before, body: `${optionsOf("/volume")} ${optionsOf("/volume/below")}` });
    };
    expect(below("rbind", "ro")).toEqual([
      ["ro", "relatime"],
      ["rw", "relatime"],
    ]);
    expect(below("rbind", "rro", "rnosuid", "rnoatime")).toEqual(Array(2).fill(["ro", "nosuid", "noatime"]));
    expect(below("rbind", "rro", "rw")).toEqual(Array(2).fill(["ro", "relatime"]));
  });

  test("say what is wrong as runc does", () => {
    const bundle = makeBundle();
    writeFileSync(join(bundle.rootfs, "file"), "");
    const fails = (mount: object) =>
      (inRootfs(bundle, { mounts: [{ destination: "/file", ...mount }] }, {}) as [{ error: string }])[0].error;
    expect(fails({ source: "/usr", options: ["rbind"] })).toBe(
      'error mounting "/usr" to rootfs at "/file": mount /usr:/file, flags: 0x5000: not a directory',
    );
    expect(fails({ source: "/nowhere", options: ["bind"] })).toBe(
      'error mounting "/nowhere" to rootfs at "/file": stat /nowhere: no such file or directory',
    );
    expect(fails({ destination: "/file/x", source: "/usr", options: ["bind"] })).toBe(
      `error mounting "/usr" to rootfs at "/file/x": mkdir ${bundle.rootfs}/file/x: not a directory`,
    );
    expect(fails({ destination: "/d", type: "tmpfs", source: "t", options: ["ro", "nonsense"] })).toBe(
      'error mounting "t" to rootfs at "/d": mount t:/d, flags: 0x1, data: nonsense: invalid argument',
    );
    expect(fails({ destination: "/d", type: "nofs", source: "x" })).toBe(
      'error mounting "x" to rootfs at "/d": mount x:/d: no such device',
    );
  });
});

describe("new filesystems", () => {
  test("get their flags and options", () => {
    const tmpfs = {
      destination: "/t",
      type: "tmpfs",
      source: "t",
      options: ["size=64k", "noexec", "sync", "mode=700"],
    };
    const mqueue = { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid"] };
    const body = `for (const path of ["/t", "/dev/mqueue"]) {
        const { type, source, options, superOptions } = at(path);
        report([type, source, options.join(), superOptions.join()]);
      }`;
    expect(inRootfs(makeBundle(), { mounts: [PROC, DEV, tmpfs, mqueue] }, { body })).toEqual([
      ["tmpfs", "t", "rw,noexec,relatime", "rw,sync,size=64k,mode=700"],
      ["mqueue", "mqueue", "rw,nosuid,relatime", "rw"],
    ]);
  });

  test("a tmpfs has the permissions of what it covers, unless they are given", () => {
    const bundle = makeBundle();
    mkdirSync(join(bundle.rootfs, "old"));
    chmodSync(join(bundle.rootfs, "old"), 0o2750);
    const mode = (options: string[], destination = "/old") => {
      const mounts = [{ destination, type: "tmpfs", source: "t", options }];
      return inRootfs(
        bundle,
        { mounts },
        { body: `report((fs.statSync("${destination}").mode & 0o7777).toString(8))` },
      )[0];
    };
    expect(mode([])).toBe("2750");
    expect(mode(["size=64k", "mode=1777"])).toBe("1777");
    expect(mode([], "/new")).toBe("1777");
    expect(mode(["rro"])).toBe("2750");
  });

  test("a tmpfs with tmpcopyup begins with a copy", () => {
    const bundle = makeBundle();
    const inRoot = (path: string) => join(bundle.rootfs, path);
    mkdirSync(inRoot("old/dir/deep"), { recursive: true });
    writeFileSync(inRoot("old/dir/file"), "content");
    writeFileSync(Buffer.concat([Buffer.from(inRoot("old/")), Buffer.from([0xff, 0x62])]), "");
    chmodSync(inRoot("old/dir"), 0o700);
    chownSync(inRoot("old/dir/file"), 5, 6);
    chmodSync(inRoot("old/dir/file"), 0o4711);
    symlinkSync("/etc/shadow", inRoot("old/link"));
    const mounts = [PROC, { destination: "/old", type: "tmpfs", source: "t", options: ["tmpcopyup", "ro"] }];
    const body = `
      report(at("/old").options[0]);
      report(fs.readdirSync("/old/", { encoding: "hex" }).sort());
      report(fs.readdirSync("/old/dir").sort());
      const { mode, uid, gid } = fs.statSync("/old/dir/file");
      report([(mode & 0o7777).toString(8), uid, gid, (fs.statSync("/old/dir").mode & 0o7777).toString(8)]);
      report(fs.readFileSync("/old/dir/file", "utf8") + fs.readlinkSync("/old/link"));`;
    const names = ["dir", "link"].map((name) => Buffer.from(name).toString("hex"));
    expect(inRootfs(bundle, { mounts }, { body })).toEqual([
      "ro",
      [...names, "ff62"],
      ["deep", "file"],
      ["4711", 5, 6, "700"],
      "content/etc/shadow",
    ]);
  });
});
