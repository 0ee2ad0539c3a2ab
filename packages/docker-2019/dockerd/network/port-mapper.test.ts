import { describe, expect, test } from "vitest";
import { portMap, wantedPorts } from "./port-mapper.ts";

const one = { all: false };

describe("wantedPorts()", () => {
  test("are what bindings say: a port, a range, any", () => {
    const bindings = {
      "80/tcp": [
        { HostIp: "127.0.0.1", HostPort: "8080" },
        { HostIp: "", HostPort: "" },
      ],
      "53/udp": [{ HostIp: "", HostPort: "5300-5310" }],
      "90": [{ HostIp: "", HostPort: "0" }],
    };
    const ports = wantedPorts(bindings, ["70/tcp"], one).map(({ containerPort, protocol, hostIp, hostPorts }) => [
      `${containerPort}/${protocol}`,
      hostIp,
      hostPorts,
    ]);
    expect(ports).toHaveLength(4);
    expect(ports).toContainEqual(["80/tcp", "127.0.0.1", [8080, 8080]]);
    expect(ports).toContainEqual(["80/tcp", "", undefined]);
    expect(ports).toContainEqual(["53/udp", "", [5300, 5310]]);
    expect(ports).toContainEqual(["90/tcp", "", undefined]);
  });

  test("are with `all` also what is exposed, once", () => {
    const bindings = { "80/tcp": [{ HostIp: "", HostPort: "8080" }] };
    const ports = wantedPorts(bindings, ["80", "70/udp"], { all: true });
    expect(ports.map(({ containerPort, hostPorts }) => [containerPort, hostPorts])).toEqual([
      [80, [8080, 8080]],
      [70, undefined],
    ]);
  });

  test.each([
    ["80/sctp", "1"],
    ["0/tcp", "1"],
    ["80/tcp", "65536"],
    ["x/tcp", "1"],
    ["80/tcp", "80-x"],
  ])("refuse %s on %s", (port, HostPort) => {
    expect(() => wantedPorts({ [port]: [{ HostIp: "", HostPort }] }, [], one)).toThrow(/nvalid port specification/);
  });
});

test("portMap() tells where ports are published, and which are exposed alone", () => {
  const port = { protocol: "tcp", hostIp: "::", hostPort: 8080, containerIp: "172.17.0.2", containerPort: 80 } as const;
  expect(portMap([{ ...port, hostIp: "0.0.0.0" }, port], ["80", "70/udp"])).toEqual({
    "70/udp": null,
    "80/tcp": [
      { HostIp: "0.0.0.0", HostPort: "8080" },
      { HostIp: "::", HostPort: "8080" },
    ],
  });
});
