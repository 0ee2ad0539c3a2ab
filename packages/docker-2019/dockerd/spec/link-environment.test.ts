import { describe, expect, test } from "vitest";
import { linkEnvironment } from "./link-environment.ts";

const DB = { alias: "db-1", name: "/app/db-1", address: "172.17.0.2", exposed: [], env: [] };

describe("linkEnvironment()", () => {
  test("tells the name, and the environment but for what is everybody's own", () => {
    const env = ["LANG=C", "HOME=/root", "PATH=/bin", "UNSET"];
    expect(linkEnvironment({ ...DB, env })).toEqual(["DB_1_NAME=/app/db-1", "DB_1_ENV_LANG=C"]);
  });

  test("tells each exposed port, and the lowest as the port", () => {
    expect(linkEnvironment({ ...DB, exposed: ["80/tcp", "53/udp"] })).toEqual([
      "DB_1_PORT=udp://172.17.0.2:53",
      "DB_1_PORT_53_UDP=udp://172.17.0.2:53",
      "DB_1_PORT_53_UDP_ADDR=172.17.0.2",
      "DB_1_PORT_53_UDP_PORT=53",
      "DB_1_PORT_53_UDP_PROTO=udp",
      "DB_1_PORT_80_TCP=tcp://172.17.0.2:80",
      "DB_1_PORT_80_TCP_ADDR=172.17.0.2",
      "DB_1_PORT_80_TCP_PORT=80",
      "DB_1_PORT_80_TCP_PROTO=tcp",
      "DB_1_NAME=/app/db-1",
    ]);
  });

  test("tells where three ports in a row begin and end, and of two nothing", () => {
    const starts = (...exposed: string[]) =>
      linkEnvironment({ ...DB, exposed }).filter((variable) => /_(START|END)=/.test(variable));
    expect(starts("80/tcp", "81/tcp")).toEqual([]);
    expect(starts("8002/tcp", "8000/tcp", "8001/tcp", "90/tcp")).toEqual([
      "DB_1_PORT_8000_TCP_START=tcp://172.17.0.2:8000",
      "DB_1_PORT_8000_TCP_PORT_START=8000",
      "DB_1_PORT_8000_TCP_END=tcp://172.17.0.2:8002",
      "DB_1_PORT_8000_TCP_PORT_END=8002",
    ]);
  });
});
