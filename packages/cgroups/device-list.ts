/**
 * Which devices a cgroup may use, as the kernel of v1 keeps it: everything with exceptions, or nothing with exceptions. runc reduces the
 * rules of a config.json to such a list before it tells any kernel, so that v1 and v2 come to the same.
 *
 *     deny a                  nothing
 *     allow c 1:3 rwm         nothing but c 1:3 rwm
 *     allow c 10:229 rwm      nothing but c 1:3 rwm, c 10:229 rwm
 *     deny c 10:229 wm        nothing but c 1:3 rwm, c 10:229 r
 *
 * A list of rules that doesn't begin with one for all devices starts from nothing.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/devices.html
 */
import type { DeviceRule } from "@eras/linux/device-program.ts";

/** What may be used. */
export interface DeviceList {
  readonly allowsByDefault: boolean;
  /** From devices, `c 1:3` or `b 8:*`, to some of `rwm`: what is otherwise than by default. */
  readonly exceptions: ReadonlyMap<string, string>;
}

export const NO_DEVICES: DeviceList = { allowsByDefault: false, exceptions: new Map() };
export const ALL_DEVICES: DeviceList = { allowsByDefault: true, exceptions: new Map() };

/** An order to devices.allow or devices.deny. */
export interface DeviceOrder {
  readonly allow: boolean;
  /** `c 1:3 rwm`, `a` for everything. */
  readonly text: string;
}

/**
 * What rules come to.
 *
 * @throws {Error} When a rule takes a device out of a range (`c *:*`) of which it is a part: v1's kernel would pass over that in silence.
 */
export function deviceListOf(rules: readonly DeviceRule[], list = NO_DEVICES): DeviceList {
  return rules.reduce(applyRule, list);
}

function applyRule(list: DeviceList, rule: DeviceRule): DeviceList {
  const { type = "a", allow, access = "rwm" } = rule;
  if (type === "a") return allow ? ALL_DEVICES : NO_DEVICES;
  const device = `${type} ${formatNumber(rule.major)}:${formatNumber(rule.minor)}`;
  const before = list.exceptions.get(device) ?? "";
  if (allow !== list.allowsByDefault) return withException(list, device, union(before, access));
  for (const range of rangesAround(device)) checkNoHole(list, rule, device, range);
  return withException(list, device, difference(before, access));
}

function formatNumber(number = -1): string {
  return number === -1 ? "*" : String(number);
}

function withException(list: DeviceList, device: string, access: string): DeviceList {
  const exceptions = new Map(list.exceptions);
  if (access === "") exceptions.delete(device);
  else exceptions.set(device, access);
  return { ...list, exceptions };
}

function checkNoHole(list: DeviceList, { allow, access = "rwm" }: DeviceRule, device: string, range: string): void {
  const there = list.exceptions.get(range) ?? "";
  if (difference(there, access) === there) return;
  const verb = allow ? "allow" : "deny";
  throw new Error(
    `Cannot ${verb} device ${device} ${access}: it is a part of ${range}, for which there is another rule`,
  );
}

/** The ranges of which a device is a part. */
function rangesAround(device: string): string[] {
  const [, type, major, minor] = /^(.) (.+):(.+)$/.exec(device)!;
  return [`${type} *:${minor}`, `${type} ${major}:*`, `${type} *:*`].filter((range) => range !== device);
}

/** Reads devices.list. Where everything is allowed by default the kernel doesn't tell the exceptions. */
export function parseDeviceList(text: string): DeviceList {
  const exceptions = new Map<string, string>();
  for (const line of text.split("\n").filter(Boolean)) {
    if (line.startsWith("a")) return ALL_DEVICES;
    const end = line.lastIndexOf(" ");
    exceptions.set(line.slice(0, end), union("", line.slice(end + 1)));
  }
  return { allowsByDefault: false, exceptions };
}

/**
 * The fewest orders that lead from one list to another: a container that runs must not lose a device for a moment which it keeps.
 *
 * Only another default, or one under which the kernel hides the exceptions, begins from scratch.
 */
export function deviceOrders(from: DeviceList, to: DeviceList): DeviceOrder[] {
  const anew = from.allowsByDefault || from.allowsByDefault !== to.allowsByDefault;
  const old = anew ? NO_DEVICES.exceptions : from.exceptions;
  return [
    ...(anew ? [{ allow: to.allowsByDefault, text: "a" }] : []),
    ...changes(old, to.exceptions).map((text) => ({ allow: to.allowsByDefault, text })),
    ...changes(to.exceptions, old).map((text) => ({ allow: !to.allowsByDefault, text })),
  ];
}

/**
 * What `one` has and `other` has not, in the order of the rules, which is the one in which devices.list shows them. The specification wants
 * entries applied "in the listed order"; runc sorts them by number.
 */
function changes(one: DeviceList["exceptions"], other: DeviceList["exceptions"]): string[] {
  return [...one]
    .map(([device, access]) => [device, difference(access, other.get(device) ?? "")] as const)
    .filter(([, access]) => access !== "")
    .map(([device, access]) => `${device} ${access}`);
}

/** Rules that come to this list. */
export function rulesOf({ allowsByDefault, exceptions }: DeviceList): DeviceRule[] {
  return [{ allow: allowsByDefault }, ...[...exceptions].map((exception) => ruleOf(!allowsByDefault, ...exception))];
}

function ruleOf(allow: boolean, device: string, access = "rwm"): DeviceRule {
  const [, type, major, minor] = /^(.) (.+):(.+)$/.exec(device)!;
  const number = (text: string) => (text === "*" ? -1 : Number(text));
  return { allow, type: type as "b" | "c", major: number(major!), minor: number(minor!), access };
}

/** Whether both allow the same. */
export function isSameDeviceList(a: DeviceList, b: DeviceList): boolean {
  return (
    deviceOrders({ ...a, allowsByDefault: false }, { ...b, allowsByDefault: false }).length === 0 &&
    a.allowsByDefault === b.allowsByDefault
  );
}

function union(one: string, other: string): string {
  return [..."rwm"].filter((letter) => one.includes(letter) || other.includes(letter)).join("");
}

function difference(one: string, other: string): string {
  return [...one].filter((letter) => !other.includes(letter)).join("");
}
