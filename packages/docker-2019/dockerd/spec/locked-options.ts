/** Options of a mount that a user namespace may not take away. A bind of it that doesn't repeat them is refused there. */
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { mountOf } from "./propagation.ts";

/** mount_namespaces(7), "Restrictions on mount namespaces". Of the access times `relatime` need not be said: the kernel keeps it. */
const LOCKED = ["ro", "nodev", "noexec", "nosuid", "noatime", "nodiratime"];

export function lockedOptions(source: string): string[] {
  const { options } = mountOf(source, readMountinfo());
  return LOCKED.filter((option) => options.includes(option));
}
