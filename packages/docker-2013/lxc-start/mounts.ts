/** The mounts that the configuration lists: proc, sysfs, devpts, and files of the host such as /etc/resolv.conf. */
import { statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, mount, parseMountOptions } from "@eras/linux/mount.ts";
import { mountSetattr } from "@eras/linux/mount-fd.ts";
import { AT_EMPTY_PATH } from "@eras/linux/open.ts";
import { step } from "../step.ts";
import { attempt } from "./attempt.ts";
import type { ContainerConfig, MountEntry } from "./config.ts";
import { makePlace, withPlace } from "./inside-root.ts";

/** Flags that have the same number in mount(2) and mount_setattr(2). */
const ATTRIBUTES = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

/** Mounts the entries in their order. @throws {Error} When one fails; the message names it. */
export function mountEntries(root: number, { mounts, rootfs = "/" }: ContainerConfig): void {
  for (const entry of mounts) {
    const target = pathInside(rootfs, entry.target);
    attempt(`mount ${entry.source} on ${target} of the container`, () => mountEntry(root, entry, target));
  }
}

/** The target as seen from the container's root. Configurations name it either so, or by its path on the host. */
function pathInside(rootfs: string, target: string): string {
  const path = relative(rootfs, resolve(rootfs, target));
  if (path === ".." || path.startsWith("../")) throw new Error(`Cannot mount on ${target}: it is outside of ${rootfs}`);
  return path || ".";
}

function mountEntry(root: number, { source, type, options }: MountEntry, target: string): void {
  step("init.mount-entry", { source, target: `/${target}`, type, options });
  const { flags, propagation, data } = parseMountOptions(options);
  const isFile = (flags & MS_BIND) !== 0 && !statSync(source).isDirectory();
  makePlace(root, target, isFile ? "file" : "directory");
  withPlace(root, target, (place) => mount(source, place, flags & MS_BIND ? null : type, flags, data || null));
  withPlace(root, target, (place, fd) => {
    // Looked up again, the target is the new mount. A bind has its source's flags; these are added: mount(2), "Creating a bind mount".
    if (flags & MS_BIND) mountSetattr(fd, "", AT_EMPTY_PATH, { set: flags & ATTRIBUTES });
    for (const change of propagation) mount(null, place, null, change, null);
  });
}
