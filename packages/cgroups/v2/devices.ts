/**
 * Device access: no controller on v2 and no list in the kernel, but an eBPF program that the kernel asks at each open and mknod.
 * Changing the rules means replacing the program.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#device-controller
 */
import { closeSync, openSync } from "node:fs";
import { loadDeviceProgram, replaceDevicePrograms } from "@eras/linux/bpf.ts";
import { compileDeviceProgram } from "@eras/linux/device-program.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { type DeviceList, rulesOf } from "../device-list.ts";
import { isInUserNamespace } from "../user-namespace.ts";

/** Puts the list in place of all earlier ones. The kernel keeps the program as long as the cgroup lives. */
export function setDevices(dir: string, list: DeviceList): void {
  const programFd = loadUnlessForbidden(list);
  if (programFd === undefined) return;
  const dirFd = openSync(dir, "r");
  try {
    replaceDevicePrograms(dirFd, programFd);
  } finally {
    closeSync(dirFd);
    closeSync(programFd);
  }
}

/** Root of a user namespace may not, and could neither make nor open any device that it was not given. */
function loadUnlessForbidden(list: DeviceList): number | undefined {
  try {
    return loadDeviceProgram(compileDeviceProgram(rulesOf(list)));
  } catch (error) {
    if (isErrno(error, "EPERM") && isInUserNamespace()) return undefined;
    throw error;
  }
}
