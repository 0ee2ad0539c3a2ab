/** The same bundle furnished by ours and by genuine runc shows the same mounts: in order, with options, roots and parents. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseMountinfo } from "@eras/linux/mountinfo.ts";
import { defaultSpec, HIDDEN_PATHS } from "@eras/oci-spec/runtime/defaults.ts";
import { describe, expect, test } from "vitest";
import { inRootfs, makeBundle, type TestBundle, type TestSpec, testSpec } from "../testsuite/in-rootfs.ts";

const BUSYBOX = "/bin/busybox";
const RUNC = spawnSync("runc", ["--version"]).status === 0 && existsSync(BUSYBOX);

/** What `runc spec` writes. */
const USUAL = defaultSpec().mounts!;

/** Run in the container by both. */
const SHOW = [
  "/bin/busybox",
  "sh",
  "-c",
  "b=/bin/busybox; $b cat /proc/self/mountinfo; echo =; $b find /dev /tmp -exec $b stat -c '%N %f %t:%T %u:%g' {} +",
];

/** What the container sees: its mounts, and the files of /dev. */
interface Picture {
  readonly mounts: unknown[];
  readonly files: string[];
}

/** Numbers that are given in turn are replaced by their place in the list; a cgroup's root is left out, for ours is the caller's. */
function picture(output: string): Picture {
  const [mountinfo, files] = output.split("=\n");
  if (files === undefined) throw new Error(`Cannot see what the container saw: ${output}`);
  const infos = parseMountinfo(mountinfo!);
  const filesystems = [...new Set(infos.map(({ device }) => device))];
  const mounts = infos.map((info) => ({
    ...info,
    id: infos.indexOf(info),
    parentId: infos.findIndex(({ id }) => id === info.parentId),
    device: filesystems.indexOf(info.device),
    root: info.type === "cgroup" ? "" : info.root,
    propagation: info.propagation.map((word) => word.split(":")[0]),
  }));
  return { mounts, files: files.trim().split("\n").sort() };
}

function withGenuine(bundle: TestBundle, wanted: TestSpec): Picture {
  const { linux, ...spec } = testSpec(bundle, wanted);
  const config = {
    ...spec,
    process: { args: SHOW, cwd: "/", env: [], user: { uid: 0, gid: 0 } },
    linux: { ...linux, resources: { devices: [{ allow: true, access: "rwm" }] } },
  };
  writeFileSync(join(bundle.dir, "config.json"), JSON.stringify(config));
  const args = ["--root", join(bundle.dir, "state"), "run", basename(bundle.dir)];
  const { stdout, stderr } = spawnSync("runc", args, { cwd: bundle.dir, encoding: "utf8" });
  return picture(stdout || stderr);
}

function withOurs(bundle: TestBundle, wanted: TestSpec): Picture {
  const before = wanted.linux === WITH_CGROUP_NAMESPACE ? "namespaces.unshare(namespaces.CLONE_NEWCGROUP);" : "";
  const lines = inRootfs(bundle, wanted, {
    before,
    body: `handOnDescriptors(0); execve("/bin/busybox", ${JSON.stringify(SHOW)}, {});`,
  });
  return picture(lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
}

function makeFilledBundle(): TestBundle {
  const bundle = makeBundle();
  for (const dir of ["bin", "etc", "tmp"]) mkdirSync(join(bundle.rootfs, dir));
  copyFileSync(BUSYBOX, join(bundle.rootfs, "bin/busybox"));
  writeFileSync(join(bundle.rootfs, "etc/passwd"), "root:x:0:0::/:/bin/sh\n");
  writeFileSync(join(bundle.outside, "file"), "");
  return bundle;
}

/** @param wanted - Sources of bind mounts are in the bundle. */
function expectSame(wanted: TestSpec): void {
  const bundle = makeFilledBundle();
  const genuine = withGenuine(bundle, wanted);
  expect(withOurs(bundle, wanted)).toEqual(genuine);
}

const NAMESPACES = [{ type: "mount" as const }];
const WITH_CGROUP_NAMESPACE = { namespaces: [...NAMESPACES, { type: "cgroup" as const }] };

describe.skipIf(!RUNC)("ours and genuine runc", () => {
  test("make the usual mounts, masks and devices", () => {
    expectSame({ mounts: USUAL, linux: { namespaces: NAMESPACES, ...HIDDEN_PATHS }, readonly: true });
  });

  test("make the view of the cgroups in a cgroup namespace", () => {
    expectSame({ mounts: USUAL, linux: WITH_CGROUP_NAMESPACE });
  });

  test("make bind mounts and tmpfs with all kinds of options", () => {
    const bind = (name: string, options: string[], source = "outside") => ({
      destination: `/${name}`,
      source,
      options,
    });
    const mounts = [
      ...USUAL,
      bind("plain", ["bind"]),
      bind("ro", ["rbind", "ro"]),
      bind("all", ["bind", "ro", "nosuid", "nodev", "noexec", "noatime"], "outside/file"),
      bind("device", ["bind", "rw"], "/dev/zero"),
      bind("sys", ["rbind", "rro"], "/sys"),
      bind("hostdev", ["rbind", "rnosuid", "rnoatime"], "/dev"),
      bind("devpts", ["rbind", "nosuid"], "/dev"),
      bind("shared", ["rbind", "rshared"]),
      bind("slave", ["rbind", "rslave"]),
      bind("strict", ["rbind", "strictatime", "nodiratime", "nosymfollow"]),
      bind("undone", ["rbind", "ro", "exec", "suid", "rw", "noexec"]),
      { destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "ro", "nosuid"] },
      { destination: "/t", type: "tmpfs", source: "t", options: ["size=1m", "sync", "dirsync", "mand", "rprivate"] },
      { destination: "/tmp", type: "tmpfs", source: "tmpfs", options: [] },
    ];
    expectSame({ mounts, linux: { namespaces: NAMESPACES } });
  });

  test("make devices", () => {
    const devices = [
      { path: "/dev/fuse", type: "c" as const, major: 10, minor: 229 },
      { path: "/dev/x/fifo", type: "p" as const, fileMode: 0o640, uid: 3, gid: 4 },
      { path: "/dev/null", type: "c" as const, major: 1, minor: 3, fileMode: 0o600 },
      { path: "/tmp/loop", type: "b" as const, major: 7, minor: 0, uid: 5 },
    ];
    expectSame({ mounts: USUAL, linux: { namespaces: NAMESPACES, devices } });
  });

  test("fill the image's /dev where no mount covers it", () => {
    expectSame({ mounts: USUAL.slice(0, 1), linux: { namespaces: NAMESPACES } });
  });
});
