/**
 * The net_cls and net_prio controllers: marks and priorities for what the processes send.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/net_cls.html
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/net_prio.html
 */
import { writeControlFile } from "../control-file.ts";
import type { ControllerLimits } from "../controller-limits.ts";

/** Marks the packets for tc(8) and iptables(8). */
export function setNetworkClass(dir: string, { classID }: NonNullable<ControllerLimits["net_cls"]>): void {
  writeControlFile(dir, "net_cls.classid", classID);
}

/** Sets priorities by interface; one write each. */
export function setNetworkPriorities(dir: string, priorities: NonNullable<ControllerLimits["net_prio"]>): void {
  for (const { name, priority } of priorities) writeControlFile(dir, "net_prio.ifpriomap", `${name} ${priority}`);
}
