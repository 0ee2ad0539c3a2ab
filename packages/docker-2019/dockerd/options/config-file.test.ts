import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCommandLine } from "../command-line.ts";
import { readConfig } from "./config-file.ts";

describe("readConfig()", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "docker-eras-config-"));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  function told(file: object, ...flags: string[]) {
    const path = join(dir, "daemon.json");
    writeFileSync(path, JSON.stringify(file));
    return readConfig(parseCommandLine(["--config-file", path, ...flags], "1")).options;
  }

  test("is what nobody said otherwise", () => {
    expect(told({})).toMatchObject({ debug: false, icc: true, hosts: [], defaultShmSize: 67_108_864, ip: "0.0.0.0" });
  });

  test("takes some from the file, and some from flags", () => {
    const hosts = ["unix:///a", "tcp://127.0.0.1:2375", "tcp://[::1]:2375"];
    const file = { hosts, "dns-search": ["x.org"], "log-opts": { "max-size": "1m" }, icc: false };
    const options = told(file, "--label", "a=b", "--label=c=d", "-D", "--iptables=false", "--mtu", "1400");
    expect(options).toMatchObject({
      hosts,
      dnsSearch: ["x.org"],
      logOptions: { "max-size": "1m" },
      icc: false,
    });
    expect(options).toMatchObject({ labels: ["a=b", "c=d"], debug: true, iptables: false, mtu: 1400 });
  });

  test("takes features, each on or off", () => {
    expect(told({ features: { buildkit: true } }).features).toEqual({ buildkit: true });
    expect(() => told({ features: { buildkit: "yes" } })).toThrow(
      "json: cannot unmarshal string into Go struct field Config.features of type bool",
    );
  });

  test("takes null for what is not said", () => {
    expect(told({ "max-concurrent-uploads": null, dns: null, "default-ulimits": null })).toEqual(told({}));
  });

  test("takes a no to IPv6, and no yes", () => {
    expect(told({ ipv6: false, ip6tables: false })).toEqual(told({}));
    expect(() => told({ ipv6: true })).toThrow("containers have no addresses of IPv6");
    expect(() => told({}, "--ip6tables")).toThrow("containers have no addresses of IPv6");
  });

  test("has TLS when --tlsverify is said, even to deny it", () => {
    expect(told({}, "--tlsverify=false")).toMatchObject({ tls: true, tlsVerify: false });
    expect(told({ tlsverify: false })).toMatchObject({ tls: true, tlsVerify: false });
    expect(told({})).toMatchObject({ tls: false });
  });

  test("reads a flag that begins with no- as it is called", () => {
    expect(told({}, "--no-new-privileges").noNewPrivileges).toBe(true);
    expect(told({ "no-new-privileges": true }).noNewPrivileges).toBe(true);
    expect(told({}).noNewPrivileges).toBe(false);
  });

  test("says the same of what has another form in the file", () => {
    const file = {
      runtimes: { mine: { path: "/bin/mine" } },
      "default-ulimits": { nofile: { Name: "nofile", Soft: 1, Hard: 2 } },
      "default-address-pools": [{ base: "10.0.0.0/8", size: 24 }],
      "default-shm-size": "32m",
    };
    const flags = ["--add-runtime", "mine=/bin/mine", "--default-ulimit", "nofile=1:2", "--default-shm-size", "32m"];
    const pools = ["--default-address-pool", "base=10.0.0.0/8,size=24"];
    expect(told(file)).toEqual(told({}, ...flags, ...pools));
  });
});
