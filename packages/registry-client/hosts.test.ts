import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, test } from "vitest";
import { type HostOptions, registryHosts } from "./hosts.ts";

describe("registryHosts()", () => {
  const cases: [domain: string, options: HostOptions, apis: string[]][] = [
    ["docker.io", {}, ["https://registry-1.docker.io/v2"]],
    ["ghcr.io", {}, ["https://ghcr.io/v2"]],
    ["ghcr.io", { plainHttp: true }, ["http://ghcr.io/v2"]],
    ["ghcr.io", { insecure: true }, ["https://ghcr.io/v2", "http://ghcr.io/v2"]],
    ["localhost", {}, ["http://localhost/v2"]],
    ["localhost:5000", {}, ["http://localhost:5000/v2"]],
    ["localhost:443", {}, ["https://localhost:443/v2"]],
    ["127.8.9.10:5000", {}, ["http://127.8.9.10:5000/v2"]],
    ["127.example.org:5000", {}, ["https://127.example.org:5000/v2"]],
    ["10.0.0.1:5000", {}, ["https://10.0.0.1:5000/v2"]],
    [
      "docker.io",
      { mirrors: { "docker.io": ["http://localhost:5001/", "https://m.example/hub/v2"], "ghcr.io": ["http://x"] } },
      ["http://localhost:5001/v2", "https://m.example/hub/v2", "https://registry-1.docker.io/v2"],
    ],
  ];
  for (const [domain, options, apis] of cases) {
    test(`${domain} ${JSON.stringify(options)}`, () => {
      expect(registryHosts(domain, options).map(({ api }) => api)).toEqual(apis);
    });
  }

  test("takes no mirror for pushing", () => {
    const [mirror] = registryHosts("ghcr.io", { mirrors: { "ghcr.io": ["http://m"] } });
    expect(mirror).toMatchObject({ capabilities: ["pull"], namespace: "ghcr.io" });
  });

  test("refuses a mirror that is no URL", () => {
    expect(() => registryHosts("ghcr.io", { mirrors: { "ghcr.io": ["m:1"] } })).toThrow(InvalidArgument);
  });
});
