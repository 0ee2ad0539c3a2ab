/**
 * The devices controller: which device nodes may be opened or made. On v1 the kernel keeps the list, and each write changes it:
 * `a` to devices.deny empties it, after which devices.allow adds one by one.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/devices.html
 */
import type { DeviceRule } from "@eras/linux/device-program.ts";
import { writeControlFile } from "../control-file.ts";

/** Applies the rules in order. */
export function setDevices(dir: string, rules: readonly DeviceRule[]): void {
  for (const rule of rules) {
    writeControlFile(dir, rule.allow ? "devices.allow" : "devices.deny", formatDeviceRule(rule));
  }
}

/** A rule as the kernel writes it: `c 1:3 rwm`, `b 8:* r`, `a` for everything. */
function formatDeviceRule({ type = "a", major, minor, access = "rwm" }: DeviceRule): string {
  if (type === "a") return "a";
  return `${type} ${formatNumber(major)}:${formatNumber(minor)} ${access}`;
}

function formatNumber(number = -1): string {
  return number === -1 ? "*" : String(number);
}
