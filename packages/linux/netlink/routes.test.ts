import { describe, expect, test } from "vitest";
import { inNewNetwork } from "./in-new-network.ts";

describe("addRoute()", () => {
  test("adds a default route and one to a network, in both families", () => {
    const program = `
      createVeth("left", "right");
      setLink("left", { up: true });
      setLink("right", { up: true });
      addAddress("left", "10.0.0.2/24");
      addAddress("left", "2001:db8::2/64");
      addRoute({ gateway: "10.0.0.1" });
      addRoute({ destination: "10.7.0.0/16", link: "left" });
      addRoute({ gateway: "2001:db8::1", link: "left" });
      const routes = [...ip("route"), ...ip("-6", "route")].map(({ dst, gateway, dev }) => [dst, gateway, dev]);
      show(routes.filter(([dst, gateway]) => gateway || dst === "10.7.0.0/16"));
    `;
    expect(inNewNetwork(program)).toEqual([
      ["default", "10.0.0.1", "left"],
      ["10.7.0.0/16", null, "left"],
      ["default", "2001:db8::1", "left"],
    ]);
  });

  test("passes on the kernel's explanation", () => {
    const program = `show(failure(() => addRoute({ gateway: "10.0.0.1" })));`;
    expect(inNewNetwork(program)).toBe(
      "rtnetlink NEWROUTE default via 10.0.0.1: ENETUNREACH (Nexthop has invalid gateway)",
    );
  });
});

describe("listAddresses(), listRoutes()", () => {
  test("give what was added", () => {
    const program = `
      createVeth("a", "b");
      for (const name of ["a", "b"]) setLink(name, { up: true });
      addAddress("a", "10.9.0.1/24");
      addAddress("a", "2001:db8::1/64");
      addRoute({ gateway: "10.9.0.254" });
      addRoute({ destination: "10.77.0.0/16", link: "b" });
      const a = linkIndex("a");
      const addresses = listAddresses().filter(({ link }) => link === a).map(({ address }) => address);
      const routes = listRoutes().filter(({ destination }) => !/^fe80|^ff/.test(destination));
      show([addresses.filter((address) => !address.startsWith("fe80")), routes.map(({ link, ...route }) => ({ ...route, a: link === a }))]);
    `;
    const [addresses, routes] = inNewNetwork(program) as [string[], unknown[]];
    expect(addresses).toEqual(["10.9.0.1/24", "2001:db8::1/64"]);
    expect(routes).toEqual([
      { destination: "0.0.0.0/0", gateway: "10.9.0.254", a: true },
      { destination: "10.9.0.0/24", a: true },
      { destination: "10.77.0.0/16", a: false },
      { destination: "2001:db8::/64", a: true },
    ]);
  });
});
