import { describe, expect, test } from "vitest";
import { ALL_DEVICES, deviceListOf, deviceOrders, NO_DEVICES, parseDeviceList, rulesOf } from "./device-list.ts";

const NULL = { type: "c", major: 1, minor: 3 } as const;
const NONE = { allow: false } as const;
const ALL = { allow: true } as const;

const listOf = (...rules: Parameters<typeof deviceListOf>[0]) => deviceListOf(rules);
const orders = (from: Parameters<typeof deviceOrders>[0], to: Parameters<typeof deviceOrders>[0]) =>
  deviceOrders(from, to).map(({ allow, text }) => `${allow ? "allow" : "deny"} ${text}`);

describe("deviceListOf()", () => {
  test("starts from nothing", () => {
    expect(listOf()).toEqual(NO_DEVICES);
    expect(listOf({ allow: true, ...NULL })).toEqual(listOf(NONE, { allow: true, ...NULL }));
  });
  test("begins anew with each rule for all devices", () => {
    expect(listOf({ allow: true, ...NULL }, ALL)).toEqual(ALL_DEVICES);
    expect(listOf(ALL, { allow: false, ...NULL }, NONE)).toEqual(NO_DEVICES);
  });
  test("adds and takes away access", () => {
    const { exceptions } = listOf({ allow: true, ...NULL, access: "rm" }, { allow: true, ...NULL, access: "w" });
    expect([...exceptions]).toEqual([["c 1:3", "rwm"]]);
    expect([...listOf({ allow: true, ...NULL }, { allow: false, ...NULL, access: "wm" }).exceptions]).toEqual([
      ["c 1:3", "r"],
    ]);
    expect(listOf({ allow: true, ...NULL }, { allow: false, ...NULL }).exceptions.size).toBe(0);
  });
  test("keeps what is forbidden where the rest is allowed", () => {
    expect(listOf(ALL, { allow: false, ...NULL, access: "w" })).toEqual({
      allowsByDefault: true,
      exceptions: new Map([["c 1:3", "w"]]),
    });
  });
  test("refuses a hole in a range, but not beside it", () => {
    const range = { allow: true, type: "c", access: "m" } as const;
    expect(() => listOf(range, { allow: false, ...NULL, access: "rm" })).toThrow("Cannot deny device c 1:3 rm");
    expect(listOf(range, { allow: false, ...NULL, access: "rw" }).exceptions.size).toBe(1);
  });
});

describe("deviceOrders()", () => {
  const before = listOf({ allow: true, ...NULL }, { allow: true, type: "c", major: 5, access: "rw" });

  test("says only what changes", () => {
    expect(orders(before, before)).toEqual([]);
    const after = listOf({ allow: true, ...NULL, access: "r" }, { allow: true, type: "b", major: 8, minor: 0 });
    expect(orders(before, after)).toEqual(["deny c 1:3 wm", "deny c 5:* rw", "allow b 8:0 rwm"]);
  });
  test("begins anew where the kernel hides the exceptions, or the default changes", () => {
    expect(orders(ALL_DEVICES, before)).toEqual(["deny a", "allow c 1:3 rwm", "allow c 5:* rw"]);
    expect(orders(before, ALL_DEVICES)).toEqual(["allow a"]);
  });
});

test("parseDeviceList() reads devices.list", () => {
  expect(parseDeviceList("a *:* rwm\n")).toEqual(ALL_DEVICES);
  expect(parseDeviceList("")).toEqual(NO_DEVICES);
  expect(parseDeviceList("c 1:3 rwm\nb *:* m\n").exceptions).toEqual(
    new Map([
      ["c 1:3", "rwm"],
      ["b *:*", "m"],
    ]),
  );
});

test("rulesOf() gives rules that come to the same", () => {
  for (const list of [
    NO_DEVICES,
    ALL_DEVICES,
    listOf(ALL, { allow: false, ...NULL }),
    listOf({ allow: true, ...NULL }),
  ]) {
    expect(deviceListOf(rulesOf(list))).toEqual(list);
  }
});
