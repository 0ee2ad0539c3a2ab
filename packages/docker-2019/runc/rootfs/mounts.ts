/** The mounts of the configuration, in its order: later ones may lie on earlier ones. */
import { relative } from "node:path";
import { MS_BIND } from "@eras/linux/mount.ts";
import type { Mount } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";
import { bindSource, copyMount, mountBind } from "./bind-mount.ts";
import { mountCgroups } from "./cgroup-mount.ts";
import { type FilesystemMount, mountKernelView, mountOther, mountTmpfs } from "./filesystem-mount.ts";
import { type ContainerRoot, withFd } from "./inside-root.ts";
import { mountFailure } from "./mount-failure.ts";
import { type EntryOptions, parseEntryOptions } from "./mount-options.ts";
import type { MountSource, RootfsPlan } from "./rootfs.ts";

/** Makes them all. @throws {Error} In runc's words: they name the entry and what the kernel said. */
export function mountAll(root: ContainerRoot, plan: RootfsPlan): void {
  for (const [index, entry] of (plan.spec.mounts ?? []).entries()) {
    const options = parseEntryOptions(entry.options);
    try {
      mountEntry(root, plan, { ...entry, destination: seenFromInside(root, entry.destination), index, options });
    } catch (error) {
      throw mountFailure(entry, options, error);
    }
  }
}

/** A destination that begins with the path of the rootfs is the host's way to say it: runc leaves that off. */
function seenFromInside({ path }: ContainerRoot, destination: string): string {
  return `${destination}/`.startsWith(`${path}/`) ? `/${relative(path, destination)}` : destination;
}

interface Entry extends Omit<Mount, "options"> {
  readonly index: number;
  readonly options: EntryOptions;
}

function mountEntry(root: ContainerRoot, plan: RootfsPlan, entry: Entry): void {
  step("runc.mount", { ...plan.spec.mounts?.[entry.index] });
  const { type, options } = entry;
  if (options.flags & MS_BIND) mountBindEntry(root, plan, entry);
  else mountFilesystem(root, plan, { ...entry, type: type ?? "", label: plan.spec.linux?.mountLabel });
}

function mountBindEntry(root: ContainerRoot, plan: RootfsPlan, entry: Entry): void {
  const { copy, options } = plan.mountSources.get(entry.index)?.() ?? copySource(plan, entry);
  withFd(copy, () => mountBind(root, copy, entry.destination, options));
}

function copySource({ bundle }: RootfsPlan, { source = "", options }: Entry): ReturnType<MountSource> {
  return { copy: copyMount(bindSource(source, bundle), options.flags), options };
}

function mountFilesystem(root: ContainerRoot, plan: RootfsPlan, mount: FilesystemMount): void {
  const { type } = mount;
  if (type === "proc" || type === "sysfs") mountKernelView(root, mount);
  else if (type === "tmpfs") mountTmpfs(root, mount);
  else if (type === "cgroup") mountCgroups(root, plan, mount);
  else mountOther(root, mount);
}
