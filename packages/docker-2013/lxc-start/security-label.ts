/** AppArmor and SELinux: the label that the container's program will run under, which the kernel applies at the next execve. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { step } from "../step.ts";
import type { ContainerConfig } from "./config.ts";

/** Linux 5.8 gave AppArmor a file of its own; before, the modules shared one: proc_pid_attr(5). */
const APPARMOR_EXEC = ["/proc/self/attr/apparmor/exec", "/proc/self/attr/exec"];
const SELINUX_EXEC = "/proc/self/attr/exec";

/**
 * Asks for the labels of `lxc.aa_profile` and `lxc.se_context`. Call while the host's /proc is in reach.
 *
 * @throws {Error} When this kernel can't confine as asked: a container that should be confined doesn't run unconfined.
 */
export function setSecurityLabel({ aaProfile, seContext }: ContainerConfig): void {
  step("init.security-label", { aaProfile, seContext });
  if (aaProfile && (hasAppArmor() || aaProfile !== "unconfined")) setAppArmorProfile(aaProfile);
  if (seContext) setSelinuxContext(seContext);
}

function hasAppArmor(): boolean {
  const enabled = "/sys/module/apparmor/parameters/enabled";
  return existsSync(enabled) && readFileSync(enabled, "utf8").startsWith("Y");
}

/** @see https://manpages.debian.org/aa_change_profile.2 */
function setAppArmorProfile(profile: string): void {
  if (!hasAppArmor()) throw new Error(`Cannot set lxc.aa_profile = ${profile}: the kernel runs without AppArmor`);
  writeLabel("lxc.aa_profile", profile, APPARMOR_EXEC.find(existsSync)!, `exec ${profile}`);
}

/** @see https://man7.org/linux/man-pages/man3/setexeccon.3.html */
function setSelinuxContext(context: string): void {
  if (!existsSync("/sys/fs/selinux/enforce")) {
    throw new Error(`Cannot set lxc.se_context = ${context}: the kernel runs without SELinux`);
  }
  writeLabel("lxc.se_context", context, SELINUX_EXEC, context);
}

function writeLabel(key: string, label: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Error(`Cannot set ${key} = ${label}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}
