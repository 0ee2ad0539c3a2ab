/** AppArmor: the profile that confines the container's program, from its execve on. */
import { readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { writeProcFile } from "@eras/linux/procfs.ts";
import { step } from "../../step.ts";
import { errorText } from "../error-text.ts";

/** Linux 5.8 gave AppArmor files of its own; before, the security modules shared one: proc_pid_attr(5). */
const OWN_FILE = "thread-self/attr/apparmor/exec";
const SHARED_FILE = "thread-self/attr/exec";
const ENABLED = "/sys/module/apparmor/parameters/enabled";

/**
 * @throws {Error} When the kernel runs without AppArmor: who asks for a profile does not want to run without it. Call in the parent,
 * before anything is made.
 */
export function checkAppArmor(profile: string | undefined): void {
  if (profile && !isAppArmorEnabled()) {
    throw new Error(`Cannot apply AppArmor profile ${JSON.stringify(profile)}: apparmor not enabled on the host`);
  }
}

/** Whether this kernel confines with AppArmor; needs the host's /sys. */
export function isAppArmorEnabled(): boolean {
  try {
    return readFileSync(ENABLED, "utf8").startsWith("Y");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

/**
 * Asks for a profile at the next execve. The profile must be loaded already (apparmor_parser).
 *
 * @throws {Error} When there is no such profile, or when /proc isn't what it seems.
 * @see https://manpages.debian.org/aa_change_profile.2
 */
export function applyAppArmorProfile(profile: string): void {
  step("runc.set-label", { apparmorProfile: profile });
  try {
    writeExec(`exec ${profile}`);
  } catch (error) {
    const reason = errorText(error as NodeJS.ErrnoException);
    throw new Error(`unable to apply apparmor profile: apparmor failed to apply profile: ${reason}`, { cause: error });
  }
}

function writeExec(text: string): void {
  try {
    writeProcFile(OWN_FILE, text);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    writeProcFile(SHARED_FILE, text);
  }
}
