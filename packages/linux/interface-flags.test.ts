import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";

const PREPARE = `
  import { networkInterfaces } from "node:os";
  import { addInterfaceFlags, IFF_UP } from "./interface-flags.ts";
  import { CLONE_NEWNET, unshare } from "./namespaces.ts";
  unshare(CLONE_NEWNET);
`;

describe("addInterfaceFlags()", () => {
  test("brings a device up, and leaves one that is up as it is", () => {
    const twice = `for (const _ of [1, 2]) { addInterfaceFlags("lo", IFF_UP); report(Object.keys(networkInterfaces())); }`;
    expect(inChild(`${PREPARE} report(Object.keys(networkInterfaces())); ${twice}`)).toEqual([[], ["lo"], ["lo"]]);
  });

  test("names what is wrong: no such device, a name that is too long", () => {
    expect(() => inChild(`${PREPARE} addInterfaceFlags("eth9", IFF_UP);`)).toThrow("ioctl: ENODEV");
    expect(() => inChild(`${PREPARE} addInterfaceFlags("${"x".repeat(16)}", IFF_UP);`)).toThrow("at most 15 bytes");
  });
});
