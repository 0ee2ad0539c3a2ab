/** Device access on v2: an eBPF program that the kernel asks at each open and mknod. */
import type { DeviceRule } from "../resources.ts";

/** Puts the rules in place of all earlier ones. */
export function setDevices(dir: string, rules: readonly DeviceRule[]): void {
  throw new Error(`Cannot set ${rules.length} device rules of ${dir}: not on cgroup v2 yet`);
}
