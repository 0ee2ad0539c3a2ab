import { describe, expect, test } from "vitest";
import { AddressPool, freeSubnet } from "./ipam.ts";
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

describe("AddressPool", () => {
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
