/**
 * Device rules in systemd's words: DevicePolicy, and DeviceAllow, a list of what may be used.
 *
 *     c 1:3 rwm     /dev/char/1:3 rwm       a device that is there
 *     c 136:* rwm   char-pts rwm            a group of /proc/devices
 *     c *:* m       char-* m
 *
 * systemd can't say everything that the kernel can; the kernel is told the whole afterwards.
 */
import { existsSync, readFileSync } from "node:fs";
import type { DeviceRule } from "@eras/linux/device-program.ts";
import { deviceListOf, rulesOf } from "../device-list.ts";
import type { UnitProperty } from "./manager.ts";

/** The properties for a list of rules. Where all but some is allowed, systemd, which can't say so, allows nothing for the moment. */
export function deviceProperties(rules: readonly DeviceRule[]): UnitProperty[] {
  const list = deviceListOf(rules);
  const allowsAll = list.allowsByDefault && list.exceptions.size === 0;
  const allowed = list.allowsByDefault ? [] : rulesOf(list).slice(1).flatMap(deviceAllow);
  return [
    ["DevicePolicy", { signature: "s", value: allowsAll ? "auto" : "strict" }],
    ["DeviceAllow", { signature: "a(ss)", value: [] }], // empties the list
    ...(allowed.length === 0 ? [] : [["DeviceAllow", { signature: "a(ss)", value: allowed }] as const]),
  ];
}

function deviceAllow(rule: DeviceRule): [device: string, access: string][] {
  const device = deviceName(rule);
  return device === undefined ? [] : [[device, rule.access!]];
}

function deviceName({ type, major, minor }: DeviceRule): string | undefined {
  const kind = type === "b" ? "block" : "char";
  if (major === -1) return minor === -1 ? `${kind}-*` : undefined;
  if (minor === -1) return groupName(kind, major!);
  const path = `/dev/${kind}/${major}:${minor}`;
  return existsSync(path) || existsSync(`/sys${path}`) ? path : undefined;
}

/** Lines `136 pts` below a heading for each kind. */
function groupName(kind: "block" | "char", major: number): string | undefined {
  const [characters = "", blocks = ""] = readFileSync("/proc/devices", "utf8").split("Block devices:");
  const name = new RegExp(`^\\s*${major} (\\S+)$`, "m").exec(kind === "block" ? blocks : characters)?.[1];
  return name === undefined ? undefined : `${kind}-${name}`;
}
