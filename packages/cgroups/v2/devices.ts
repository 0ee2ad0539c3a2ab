/**
 * Device access: no controller on v2 and no list in the kernel, but an eBPF program that the kernel asks at each open and mknod.
 * Changing the rules means replacing the program.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#device-controller
 */
import { closeSync, openSync } from "node:fs";
import { loadDeviceProgram, replaceDevicePrograms } from "@eras/linux/bpf.ts";
import { compileDeviceProgram, type DeviceRule } from "@eras/linux/device-program.ts";

/** Puts the rules in place of all earlier ones. The kernel keeps the program as long as the cgroup lives. */
export function setDevices(dir: string, rules: readonly DeviceRule[]): void {
  const programFd = loadDeviceProgram(compileDeviceProgram(rules));
  const dirFd = openSync(dir, "r");
  try {
    replaceDevicePrograms(dirFd, programFd);
  } finally {
    closeSync(dirFd);
    closeSync(programFd);
  }
}
