/**
 * The devices controller: which device nodes may be opened or made. On v1 the kernel keeps the list, devices.list, and each write to
 * devices.allow and devices.deny changes it.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/devices.html
 */
import type { DeviceRule } from "@eras/linux/device-program.ts";
import { readControlFile, writeControlFile } from "../control-file.ts";
import { type DeviceList, deviceListOf, deviceOrders, isSameDeviceList, parseDeviceList } from "../device-list.ts";
import { isInUserNamespace } from "../user-namespace.ts";

/**
 * Has the kernel allow what the rules come to, and nothing else.
 *
 * @throws {Error} When its list is another one afterwards: it passes over some orders in silence.
 */
export function setDevices(dir: string, rules: readonly DeviceRule[]): void {
  if (isInUserNamespace()) return; // its root may not, and could neither make nor open any device that it was not given
  const wanted = deviceListOf(rules);
  for (const { allow, text } of deviceOrders(readList(dir), wanted)) {
    writeControlFile(dir, allow ? "devices.allow" : "devices.deny", text);
  }
  checkList(dir, wanted);
}

function readList(dir: string): DeviceList {
  return parseDeviceList(readControlFile(dir, "devices.list"));
}

/** Where everything is allowed by default the kernel doesn't tell the exceptions. */
function checkList(dir: string, wanted: DeviceList): void {
  const list = readList(dir);
  const isWanted = wanted.allowsByDefault ? list.allowsByDefault : isSameDeviceList(list, wanted);
  if (!isWanted) throw new Error(`Cannot limit the devices of ${dir}: the kernel has made something else of the rules`);
}
