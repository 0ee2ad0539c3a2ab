import { describe, expect, test } from "vitest";
import { registryOptions } from "./registry-config.ts";

describe("registryOptions()", () => {
  const isInsecure = (domain: string, ...insecureRegistries: string[]) =>
    registryOptions({ registryMirrors: [], insecureRegistries }, domain).insecure === true;

  test.each([
    ["reg.example:5000", ["reg.example:5000"], true],
    ["reg.example:5000", ["http://reg.example:5000"], true],
    ["reg.example:5000", ["reg.example"], false],
    ["reg.example", ["reg.example"], true],
    ["10.1.2.3:5000", ["10.0.0.0/8"], true],
    ["11.1.2.3:5000", ["10.0.0.0/8"], false],
    ["reg.example", [], false],
  ])("of %s, with %j insecure: %s", (domain, registries, insecure) => {
    expect(isInsecure(domain, ...registries)).toBe(insecure);
  });

  test("has mirrors for Docker Hub alone", () => {
    const { mirrors } = registryOptions({ registryMirrors: ["http://m"], insecureRegistries: [] }, "docker.io");
    expect(mirrors).toEqual({ "docker.io": ["http://m"] });
  });

  test("refuses what is neither a host nor a network", () => {
    expect(() => isInsecure("x", "a b")).toThrow('insecure registry a b is not valid: invalid host "a b"');
  });
});
