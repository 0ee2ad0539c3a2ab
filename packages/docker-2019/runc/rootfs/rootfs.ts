/**
 * The container's file system, from the host's "/" to the container's, in the order of the calls:
 *
 *     prepareRootfs    the rootfs becomes a mount of its own and is furnished: mounts.ts, devices.ts
 *     pivotInto        it becomes "/", and the host's is gone
 *     finishRootfs     what had to be writable until now becomes read-only
 *     readonlyPaths, maskPaths   in masked-paths.ts
 *
 * Until `pivotInto` both worlds are in reach, so that files of the host can be mounted into the container. A container without a mount
 * namespace of its own is furnished on the host, where its mounts stay, and its root is changed with chroot(2).
 */
import { constants, openSync } from "node:fs";
import { MS_BIND, MS_RDONLY, MS_REC, mount } from "@eras/linux/mount.ts";
import { O_PATH } from "@eras/linux/open.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";
import { changeRoot, moveRoot, pivot, reopenNull } from "./change-root.ts";
import { createDevices, linkDevices, needsDevices } from "./devices.ts";
import { isFinishedLater } from "./filesystem-mount.ts";
import { type ContainerRoot, openPlace, withFd } from "./inside-root.ts";
import { attempt } from "./mount-failure.ts";
import { addFlags, changePropagation, replaceFlags } from "./mount-flags.ts";
import { type EntryOptions, parseEntryOptions } from "./mount-options.ts";
import { mountAll } from "./mounts.ts";
import { isolateMounts, rootfsPropagation } from "./propagation.ts";

/** Gives a detached mount, for the caller to close, and what the options of its entry come to. To be called once. */
export type MountSource = () => { readonly copy: number; readonly options: EntryOptions };

/** What the init needs to know to furnish the root. */
export interface RootfsPlan {
  readonly spec: Spec;
  /** `root.path`: absolute, without symbolic links, on the host. */
  readonly rootfs: string;
  /** Sources of bind mounts may be relative to it. */
  readonly bundle: string;
  /** By the index of their entry in `spec.mounts`: see `openMountSources`. */
  readonly mountSources: ReadonlyMap<number, MountSource>;
  /** The container's cgroup by controller, absolute directories; "" is the one of v2. */
  readonly cgroupPaths: Readonly<Record<string, string>>;
  /** `--no-pivot`: for a host whose root is a ramdisk, where pivot_root(2) does not work. */
  readonly noPivot: boolean;
}

/**
 * Furnishes the rootfs. Our process is in the container's namespaces and cgroup; "/" is still the host's.
 *
 * @throws {Error} In runc's words.
 */
export function prepareRootfs(plan: RootfsPlan): void {
  step("runc.prepare-rootfs", { rootfs: plan.rootfs });
  const { spec, rootfs } = plan;
  attempt("error preparing rootfs", () => {
    if (hasMountNamespace(spec)) isolateMounts(rootfs, spec);
    mount(rootfs, rootfs, null, MS_BIND | MS_REC, null); // only a mount can become a root
  });
  withFd(openDirectory(rootfs), (fd) => furnish({ fd, path: rootfs }, plan));
}

function furnish(root: ContainerRoot, plan: RootfsPlan): void {
  mountAll(root, plan);
  if (!needsDevices(plan.spec)) return;
  attempt("error creating device nodes", () => createDevices(root, plan.spec));
  attempt("error setting up /dev symlinks", () => linkDevices(root));
}

function openDirectory(path: string): number {
  return openSync(path, O_PATH | constants.O_DIRECTORY);
}

function hasMountNamespace({ linux }: Spec): boolean {
  return linux?.namespaces?.some(({ type }) => type === "mount") ?? false;
}

/** Makes the rootfs "/", and the working directory of our process. */
export function pivotInto({ spec, rootfs, noPivot }: RootfsPlan): void {
  step("runc.pivot-into", { rootfs, noPivot });
  attempt("error jailing process inside rootfs", () => {
    if (!hasMountNamespace(spec)) changeRoot(rootfs);
    else if (noPivot) moveRoot(rootfs);
    else pivot(rootfs);
  });
  if (needsDevices(spec)) attempt("error reopening /dev/null inside container", reopenNull);
}

/**
 * Makes read-only what we had to write to, and the root itself if the configuration says so; then mounts spread as it says. Those of a container on
 * the host's mount namespace are left as they are.
 */
export function finishRootfs(spec: Spec): void {
  step("runc.finish-rootfs", { readonly: spec.root?.readonly ?? false });
  if (!hasMountNamespace(spec)) return;
  withFd(openDirectory("/"), (fd) => {
    const readOnly = (spec.mounts ?? []).filter(isFinishedLater).filter(({ options }) => isReadOnly(options));
    for (const { destination } of readOnly) {
      withFd(openPlace({ fd, path: "/" }, destination), (place) => addFlags(place, MS_RDONLY));
    }
    if (spec.root?.readonly) replaceFlags(fd, MS_RDONLY);
    changePropagation(fd, rootfsPropagation(spec));
  });
}

function isReadOnly(options: readonly string[] | undefined): boolean {
  return (parseEntryOptions(options).flags & MS_RDONLY) !== 0;
}
