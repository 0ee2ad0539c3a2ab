/** For tests: a rootfs that is furnished and entered by a child with a mount namespace of its own. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { onTestFinished } from "vitest";
import { inFork } from "./in-fork.ts";

/** A directory that goes with the test. */
export interface TestBundle {
  readonly dir: string;
  readonly rootfs: string;
  /** Of the host, beside the rootfs. */
  readonly outside: string;
}

/** What a test wants of the container, apart from its root and a mount namespace. */
export type TestSpec = Pick<Spec, "mounts" | "linux"> & { readonly readonly?: boolean };

export function makeBundle(): TestBundle {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "runc-rootfs-")));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const bundle = { dir, rootfs: join(dir, "rootfs"), outside: join(dir, "outside") };
  for (const made of ["rootfs", "rootfs/proc", "outside"]) mkdirSync(join(dir, made));
  return bundle;
}

/** The mounts that most tests need. */
export const PROC = { destination: "/proc", type: "proc", source: "proc" };
export const DEV = { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"] };

export function testSpec(bundle: TestBundle, { mounts = [], linux = {}, readonly = false }: TestSpec): Spec {
  return {
    ociVersion: "1.2.0",
    root: { path: bundle.rootfs, readonly },
    mounts,
    linux: { namespaces: [{ type: "mount" }], ...linux },
  };
}

const IMPORTS = `
import * as fs from "node:fs";
import { chroot } from "@eras/linux/chroot.ts";
import { dup2 } from "@eras/linux/descriptors.ts";
import { execve } from "@eras/linux/exec.ts";
import { observeCalls } from "@eras/linux/libc.ts";
import { makedev, mknod } from "@eras/linux/mknod.ts";
import { MNT_DETACH, MS_BIND, MS_NODEV, MS_NOSUID, MS_PRIVATE, MS_REC, MS_SHARED, mount, umount } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import * as namespaces from "@eras/linux/namespaces.ts";
import { handOnDescriptors } from "./init/descriptors.ts";
import { maskPaths, readonlyPaths } from "./rootfs/masked-paths.ts";
import { openMountSources } from "./rootfs/mount-sources.ts";
import { finishRootfs, pivotInto, prepareRootfs } from "./rootfs/rootfs.ts";
`;

/**
 * Does in a forked child what the init does, and then runs `body` in the container.
 *
 * @param steps - Statements. `before` is run in the new mount namespace, on the host; `beforeMasks` in the container.
 * @returns What they passed to `report`. An exception gives `{ error }`.
 */
export function inRootfs(
  bundle: TestBundle,
  wanted: TestSpec,
  steps: { before?: string; beforeMasks?: string; body?: string; noPivot?: boolean },
): unknown[] {
  const { before = "", beforeMasks = "", body = "", noPivot = false } = steps;
  const spec = JSON.stringify(testSpec(bundle, wanted));
  return inFork(
    IMPORTS,
    `const spec = ${spec};
    const bundle = ${JSON.stringify(bundle)};
    const at = (path) => readMountinfo().findLast(({ mountPoint }) => mountPoint === path);
    const mountSources = openMountSources({ spec, bundle: bundle.dir, rootfs: bundle.rootfs }, () => {});
    namespaces.unshare(namespaces.CLONE_NEWNS);
    mount(null, "/", null, MS_PRIVATE | MS_REC, null);
    ${before}
    const plan = { spec, rootfs: bundle.rootfs, bundle: bundle.dir, mountSources, cgroupPaths: {}, noPivot: ${noPivot} };
    prepareRootfs(plan);
    pivotInto(plan);
    finishRootfs(spec);
    ${beforeMasks}
    readonlyPaths(spec);
    maskPaths(spec);
    ${body}`,
  );
}
