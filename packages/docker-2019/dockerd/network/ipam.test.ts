import { describe, expect, test } from "vitest";
import { AddressPool, cutInto, freeSubnet } from "./ipam.ts";
import { formatAddress, parseAddress, Subnet } from "./subnet.ts";

const subnets = (...texts: string[]) => texts.map((text) => Subnet.parse(text));

describe("freeSubnet()", () => {
  test("is the first of Docker's that nothing is in", () => {
    expect(String(freeSubnet([]))).toBe("172.17.0.0/16");
    expect(String(freeSubnet(subnets("172.17.0.0/16", "172.18.9.0/24")))).toBe("172.19.0.0/16");
    expect(String(freeSubnet(subnets("172.16.0.0/12", "192.168.0.0/24")))).toBe("192.168.16.0/20");
  });

  test("is refused when there is none", () => {
    expect(() => freeSubnet(subnets("172.16.0.0/12", "192.168.0.0/16"))).toThrow("could not find an available");
  });
});

describe("cutInto()", () => {
  test("is the networks of a length that a larger one has", () => {
    expect(cutInto("10.1.0.0/22", 24).map(String)).toEqual([
      "10.1.0.0/24",
      "10.1.1.0/24",
      "10.1.2.0/24",
      "10.1.3.0/24",
    ]);
    expect(cutInto("10.1.0.0/24", 24).map(String)).toEqual(["10.1.0.0/24"]);
  });

  test.each([23, 31])("refuses a length of %d", (length) => {
    expect(() => cutInto("10.1.0.0/24", length)).toThrow("does not go with the default address pool 10.1.0.0/24");
  });
});

describe("AddressPool", () => {
  test("gives out addresses of its range alone, which is a part of its network", () => {
    const subnet = Subnet.parse("10.0.0.0/24");
    const pool = new AddressPool(subnet, [], Subnet.parse("10.0.0.128/31"));
    expect([1, 2].map(() => formatAddress(pool.allocate()))).toEqual(["10.0.0.128", "10.0.0.129"]);
    expect(() => pool.allocate()).toThrow("no available IPv4 addresses");
    expect(() => new AddressPool(subnet, [], Subnet.parse("10.0.0.0/16"))).toThrow(
      "is no part of the network 10.0.0.0/24",
    );
  });

  test("gives out the lowest free address, until there is none", () => {
    const pool = new AddressPool(Subnet.parse("10.0.0.0/29"), [parseAddress("10.0.0.1")]);
    pool.reserve(parseAddress("10.0.0.3"));
    const given = Array.from({ length: 4 }, () => formatAddress(pool.allocate()));
    expect(given).toEqual(["10.0.0.2", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
    expect(() => pool.allocate()).toThrow("no available IPv4 addresses on this network's address pools: bridge");
    pool.release(parseAddress("10.0.0.4"));
    expect(formatAddress(pool.allocate())).toBe("10.0.0.4");
  });

  test("refuses addresses that are given out, or another network's", () => {
    const pool = new AddressPool(Subnet.parse("10.0.0.0/29"), [parseAddress("10.0.0.1")]);
    expect(() => pool.reserve(parseAddress("10.0.0.1"))).toThrow("Address already in use");
    expect(() => pool.reserve(parseAddress("10.0.1.1"))).toThrow("does not belong to any of this network's subnets");
  });
});
