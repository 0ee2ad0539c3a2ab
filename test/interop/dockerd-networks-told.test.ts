/** What dockerd is told of networks, runtimes, inits and logs, and what its containers have of it: on a host of its own. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { inOwnNetwork } from "../harness/own-network.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { missing } from "../harness/runtime-under-test.ts";

describe("a dockerd that was told", () => {
  const reason = missing("/usr/bin/docker", "/usr/sbin/iptables-save", "/usr/sbin/runc", INIT);
  if (reason) return void test.skip(reason);

  let place: Place;
  let dockerd: Dockerd2019;
  let rules: string;
  let forwarding: string;
  const file = (name: string) => join(place.dir, name);

  beforeAll(async () => {
    place = newPlace();
    writeFileSync(file("daemon.json"), JSON.stringify(FILE()));
    writeFileSync(file("init"), Buffer.concat([readFileSync(INIT), Buffer.from("marked")]), { mode: 0o755 });
    writeFileSync(file("runtime"), `#!/bin/sh\necho "$@" >> ${file("calls")}; shift 2; exec /usr/sbin/runc "$@"\n`, {
      mode: 0o755,
    });
    await inOwnNetwork(async () => {
      dockerd = await Dockerd2019.start(["--config-file", file("daemon.json"), ...NETWORK]);
      rules = execFileSync("iptables-save", { encoding: "utf8" });
      forwarding = readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8");
    });
    expect(await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"))).toMatchObject({ status: 0 });
  });
  afterAll(async () => {
    await dockerd.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  const NETWORK = [
    "--icc=false",
    "--ip-masq=false",
    "--ip-forward=false",
    "--default-address-pool",
    "base=10.77.0.0/16,size=26",
  ];
  const FILE = () => ({
    "userland-proxy": false,
    "log-driver": "none",
    "init-path": file("init"),
    runtimes: {
      noted: { path: file("runtime"), runtimeArgs: ["it's", "$me"] },
      lost: { path: file("lost"), runtimeArgs: ["x"] },
    },
    "default-ulimits": { nofile: { Name: "nofile", Soft: 77, Hard: 88 } },
  });
  const run = (...args: string[]) => dockerd.docker(["run", "--rm", ...args]);

  test("--icc=false keeps containers apart, and --ip-masq=false leaves them their addresses", async () => {
    expect(rules).toContain(`-i ${dockerd.bridge} -o ${dockerd.bridge} -j DROP\n`);
    expect(rules).not.toContain("MASQUERADE");
    const { stdout: id } = await dockerd.docker(["run", "-d", "busybox", "sleep", "100"]);
    const format = "{{.NetworkSettings.IPAddress}} {{.NetworkSettings.Gateway}}";
    const [address, gateway] = (await dockerd.docker(["inspect", "-f", format, id.trim()])).stdout.trim().split(" ");
    expect((await run("busybox", "ping", "-c1", "-W1", address!)).status).toBe(1);
    expect((await run("busybox", "ping", "-c1", "-W5", gateway!)).status).toBe(0);
    await dockerd.docker(["rm", "-f", id.trim()]);
  });

  test("--icc=false lets a container reach the exposed ports of one that it is linked to, also at a new address", async () => {
    const serve = ["sh", "-c", "while true; do echo hello | nc -l -p 80; done"];
    await dockerd.docker(["run", "-d", "--name", "web", "--expose", "80", "busybox", ...serve]);
    await dockerd.docker(["run", "-d", "--name", "app", "--link", "web:db", "busybox", "sleep", "100"]);
    const ask = "until nc -w 1 db 80 < /dev/null; do sleep 0.1; done";
    expect((await dockerd.docker(["exec", "app", "timeout", "20", "sh", "-c", ask])).stdout).toBe("hello\n");
    expect(
      (await run("busybox", "timeout", "1", "sh", "-c", "nc -w 1 $0 80 < /dev/null", await addressOf("web"))).stdout,
    ).toBe("");
    await dockerd.docker(["stop", "-t", "0", "web"]);
    await dockerd.docker(["run", "-d", "--name", "thief", "busybox", "sleep", "100"]);
    await dockerd.docker(["start", "web"]);
    expect((await dockerd.docker(["exec", "app", "timeout", "20", "sh", "-c", ask])).stdout).toBe("hello\n");
    await dockerd.docker(["rm", "--link", "app/db"]);
    expect((await dockerd.docker(["exec", "app", "sh", "-c", "timeout 1 nc -w 1 db 80 < /dev/null"])).stdout).toBe("");
    await dockerd.docker(["rm", "-f", "web", "app", "thief"]);
  });
  const addressOf = async (name: string) =>
    (await dockerd.docker(["inspect", "-f", "{{.NetworkSettings.IPAddress}}", name])).stdout.trim();

  test("of address pools has a bridge in the first that is free", async () => {
    expect((await run("busybox", "ip", "-4", "addr", "show", "eth0")).stdout).toContain("inet 10.77.0.2/26 ");
  });

  test("--ip-forward=false leaves the kernel as it is", () => expect(forwarding.trim()).toBe("0"));

  test("of no userland proxy starts none", async () => {
    const { stdout: id } = await dockerd.docker(["run", "-d", "-p", "8080:80", "busybox", "sleep", "100"]);
    expect(() => execFileSync("pgrep", ["-f", "docker-proxy.*-container-ip 10.77.0"])).toThrow();
    await dockerd.docker(["rm", "-f", id.trim()]);
  });

  test("of a log driver gives it to containers", async () => {
    const { stdout: id } = await dockerd.docker(["create", "busybox", "true"]);
    const { stdout } = await dockerd.docker([
      "inspect",
      "-f",
      "{{.HostConfig.LogConfig.Type}} {{.HostConfig.Ulimits}}",
      id.trim(),
    ]);
    expect(stdout).toBe("none [nofile=77:88]\n");
    expect((await dockerd.docker(["info", "-f", "{{.LoggingDriver}} {{.InitBinary}}"])).stdout).toBe(
      `none ${file("init")}\n`,
    );
  });

  test("of a runtime with arguments starts it with them", async () => {
    expect(await run("--runtime", "noted", "busybox", "echo", "hi")).toMatchObject({ stdout: "hi\n", status: 0 });
    expect((await run("--runtime", "lost", "busybox", "true")).stderr).toContain(
      `specified runtime path: exec: "${file("lost")}": stat ${file("lost")}: no such file or directory`,
    );
    expect(readFileSync(file("calls"), "utf8")).toMatch(/^it's \$me --root .* create --bundle /m);
  });

  test("of an init has containers with --init run it", async () => {
    expect((await run("--init", "busybox", "tail", "-c6", "/sbin/docker-init")).stdout).toBe("marked");
  });
});

const INIT = "/usr/bin/docker-init";
