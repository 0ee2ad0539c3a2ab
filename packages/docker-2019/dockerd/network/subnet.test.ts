import { describe, expect, test } from "vitest";
import { formatAddress, hardwareAddressOf, parseAddress, Subnet } from "./subnet.ts";

describe("Subnet", () => {
  test("is named by any of its addresses", () => {
    const subnet = Subnet.parse("172.17.42.1/16");
    expect([String(subnet), formatAddress(subnet.first), formatAddress(subnet.last), subnet.size]).toEqual([
      "172.17.0.0/16",
      "172.17.0.0",
      "172.17.255.255",
      65_536,
    ]);
  });

  test("tells which others it has to do with, in the upper half of all addresses too", () => {
    const subnet = Subnet.parse("192.168.16.0/20");
    expect(
      ["192.168.0.0/16", "192.168.20.0/24", "192.168.31.255", "0.0.0.0/0"].map((text) =>
        subnet.overlaps(Subnet.parse(text)),
      ),
    ).toEqual([true, true, true, true]);
    expect(["192.168.0.0/20", "192.168.32.0/20"].map((text) => subnet.overlaps(Subnet.parse(text)))).toEqual([
      false,
      false,
    ]);
  });

  test.each(["", "10.0.0", "10.0.0.256/8", "10.0.0.0/33", "10.0.0.0/", "::1/64", "10.0.0.0/x"])("is not %j", (text) => {
    expect(() => Subnet.parse(text)).toThrow(/^invalid (CIDR|IP) address/);
  });
});

test("an address gives a hardware address", () => {
  expect(hardwareAddressOf(parseAddress("172.17.0.3"))).toBe("02:42:ac:11:00:03");
});
