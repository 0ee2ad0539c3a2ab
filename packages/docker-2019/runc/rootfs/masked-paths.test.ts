import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEV, inRootfs, makeBundle, PROC } from "../testsuite/in-rootfs.ts";

const MASKED = { maskedPaths: ["/secret", "/proc/fs", "/proc/keys", "/missing", "/proc/missing/below"] };

function withSecret() {
  const bundle = makeBundle();
  writeFileSync(join(bundle.rootfs, "secret"), "secret");
  mkdirSync(join(bundle.rootfs, "dev"));
  return bundle;
}

describe("maskPaths()", () => {
  test("covers files with the null device, and directories with an empty one", () => {
    const body = `
      report(fs.readFileSync("/secret", "utf8") + fs.readFileSync("/proc/keys", "utf8"));
      report(fs.statSync("/secret").rdev);
      report(fs.readdirSync("/proc/fs"));
      report([at("/proc/fs")].map(({ type, options, superOptions }) => [type, options[0], superOptions[0]]));
      try { fs.mkdirSync("/proc/fs/x") } catch ({ code }) { report(code) }`;
    const outcome = inRootfs(withSecret(), { mounts: [PROC, DEV], linux: MASKED }, { body });
    expect(outcome).toEqual(["", 0x103, [], [["tmpfs", "ro", "ro"]], "EROFS"]);
  });

  test("goes inside along links", () => {
    const bundle = withSecret();
    const links = `fs.symlinkSync("../../secret", "/dev/link");`;
    const outcome = inRootfs(
      bundle,
      { mounts: [PROC, DEV], linux: { maskedPaths: ["/dev/link"] } },
      { beforeMasks: links, body: `report(fs.readFileSync("/secret", "utf8"))` },
    );
    expect(outcome).toEqual([""]);
  });
});

describe("readonlyPaths()", () => {
  test("lets files be read and not written", () => {
    const linux = { readonlyPaths: ["/secret", "/proc/sys", "/missing"] };
    const body = `
      report(fs.readFileSync("/secret", "utf8"));
      for (const path of ["/secret", "/proc/sys/kernel/hostname"]) {
        try { fs.writeFileSync(path, "") } catch ({ code }) { report(code) }
      }`;
    expect(inRootfs(withSecret(), { mounts: [PROC, DEV], linux }, { body })).toEqual(["secret", "EROFS", "EROFS"]);
  });
});

/** What is on /dev/null is what a mask shows. Were it /proc/sys/kernel/core_pattern, the container could write there. */
describe("CVE-2025-31133: /dev/null is exchanged before it is used as a mask", () => {
  const wanted = { mounts: [PROC, DEV], linux: { maskedPaths: ["/secret"] } };
  const READ = `report(fs.readFileSync("/secret", "utf8"));`;

  test("by another file", () => {
    const exchange = `fs.unlinkSync("/dev/null"); fs.writeFileSync("/dev/null", "attack");`;
    const outcome = inRootfs(withSecret(), wanted, { beforeMasks: exchange, body: READ });
    expect(outcome).toEqual([{ error: `can't mask path /secret: /dev/null is not the null device` }]);
  });

  test("by a link", () => {
    const exchange = `fs.unlinkSync("/dev/null"); fs.symlinkSync("/proc/sys/kernel/core_pattern", "/dev/null");`;
    const outcome = inRootfs(withSecret(), wanted, { beforeMasks: exchange, body: READ });
    expect(outcome).toEqual([{ error: `can't mask path /secret: /dev/null is not the null device` }]);
  });

  test("between the look at it and its use", () => {
    const exchange = `fs.renameSync("/dev/null", "/dev/moved"); fs.symlinkSync("/proc/version", "/dev/null");`;
    const race = `let changed = false;
      observeCalls(({ call, args }) => {
        if (changed || call !== "openat2" || args[1] !== "/dev/null") return;
        changed = true;
        ${exchange}
      });`;
    const outcome = inRootfs(withSecret(), wanted, { beforeMasks: race, body: `report(changed); ${READ}` });
    expect(outcome).toEqual([true, ""]);
  });
});

describe("CVE-2025-52881: /proc is exchanged before it is masked", () => {
  test("by a directory of the image", () => {
    const exchange = `fs.mkdirSync("/fake/sys", { recursive: true }); fs.writeFileSync("/fake/keys", "");
      mount("/fake", "/proc", null, MS_BIND, null);`;
    for (const linux of [{ maskedPaths: ["/proc/keys"] }, { readonlyPaths: ["/proc/sys"] }]) {
      const outcome = inRootfs(withSecret(), { mounts: [PROC, DEV], linux }, { beforeMasks: exchange });
      expect(outcome).toEqual([{ error: expect.stringContaining("it is not on a proc filesystem") }]);
    }
  });
});
