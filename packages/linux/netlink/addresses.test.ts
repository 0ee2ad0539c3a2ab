import { describe, expect, test } from "vitest";
import { inNewNetwork } from "./in-new-network.ts";

describe("addAddress()", () => {
  test("adds addresses of both families", () => {
    const program = `
      createVeth("left", "right");
      addAddress("left", "10.9.8.7/20");
      addAddress("left", "192.168.1.1/24", "192.168.1.200");
      addAddress("left", "2001:db8::2/64");
      show(ip("addr", "show", "left")[0].addr_info.map(({ local, prefixlen, broadcast }) => [local, prefixlen, broadcast]));
    `;
    expect(inNewNetwork(program)).toEqual([
      ["10.9.8.7", 20, "10.9.15.255"],
      ["192.168.1.1", 24, "192.168.1.200"],
      ["2001:db8::2", 64, null],
    ]);
  });

  test("fails on what is no address", () => {
    const program = `
      createBridge("br0");
      show(["10.0.0/8", "10.0.0.1/33", "10.0.0.1/x", "::1/129", "host"].map((text) => failure(() => addAddress("br0", text))));
    `;
    expect(inNewNetwork(program)).toEqual(
      ["10.0.0/8", "10.0.0.1/33", "10.0.0.1/x", "::1/129", "host"].map((text) => `Cannot parse IP address "${text}"`),
    );
  });
});
