/** SELinux: the labels of the container's program and of its keyring. */
import { existsSync } from "node:fs";
import { writeProcFile } from "@eras/linux/procfs.ts";
import { step } from "../../step.ts";
import { errorText } from "../error-text.ts";

/** The file is there if the filesystem of SELinux is mounted, and it is where SELinux runs. */
const ENFORCE = "/sys/fs/selinux/enforce";

/** @throws {Error} When a label is asked of a kernel that knows none. Call in the parent, before anything is made. */
export function checkSelinuxLabel(label: string | undefined): void {
  if (label && !isSelinuxEnabled()) {
    throw new Error("selinux label is specified in config, but selinux is disabled or not supported");
  }
}

/** Whether this kernel labels; needs the host's /sys. */
export function isSelinuxEnabled(): boolean {
  return existsSync(ENFORCE);
}

/** Asks for a label at the next execve. @see https://man7.org/linux/man-pages/man3/setexeccon.3.html */
export function setExecLabel(label: string): void {
  step("runc.set-label", { selinuxLabel: label });
  try {
    writeProcFile("thread-self/attr/exec", label);
  } catch (error) {
    throw new Error(`can't set process label: ${errorText(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

/** Asks for a label of the keyrings that are made from now on; empty, for none. Call before the session's keyring is made. */
export function setKeyLabel(label: string): void {
  writeProcFile("thread-self/attr/keycreate", label);
}
