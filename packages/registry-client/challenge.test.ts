import { describe, expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

describe("parseChallenges()", () => {
  const cases: [header: string, challenges: [scheme: string, parameters: Record<string, string>][]][] = [
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        [
          "bearer",
          {
            realm: "https://auth.docker.io/token",
            service: "registry.docker.io",
            scope: "repository:a/b:pull,push",
          },
        ],
      ],
    ],
    ["basic REALM=x", [["basic", { realm: "x" }]]],
    ["Negotiate", [["negotiate", {}]]],
    [
      'Basic realm="a, \\"b\\"", Bearer realm="http://t" , service=s',
      [
        ["basic", { realm: 'a, "b"' }],
        ["bearer", { realm: "http://t", service: "s" }],
      ],
    ],
    ["", []],
    ["=,;", []],
  ];
  for (const [header, challenges] of cases) {
    test(`reads ${header || "nothing"}`, () => {
      const parsed = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
      expect(parsed).toEqual(challenges);
    });
  }
});
