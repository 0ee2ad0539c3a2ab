import { describe, expect, test } from "vitest";
import { displayPorts } from "./display-ports.ts";

const exposed = (PrivatePort: number, Type = "tcp") => ({ PrivatePort, Type });
const published = (PublicPort: number, PrivatePort: number, IP = "0.0.0.0") => ({
  IP,
  PrivatePort,
  PublicPort,
  Type: "tcp",
});

describe("displayPorts()", () => {
  test.each([
    [[], ""],
    [[exposed(80)], "80/tcp"],
    [[exposed(82), exposed(80), exposed(81)], "80-82/tcp"],
    [[exposed(80), exposed(82)], "80/tcp, 82/tcp"],
    [[exposed(53), exposed(53, "udp")], "53/tcp, 53/udp"],
    [[published(8080, 80)], "0.0.0.0:8080->80/tcp"],
    [[published(80, 80), published(81, 81)], "0.0.0.0:80-81->80-81/tcp"],
    [[published(8080, 80), published(80, 80), exposed(90)], "0.0.0.0:80->80/tcp, 90/tcp, 0.0.0.0:8080->80/tcp"],
    [[published(80, 80, "::")], ":::80->80/tcp"],
  ])("%j", (ports, shown) => expect(displayPorts(ports)).toBe(shown));
});
