/** What our docker sends, read off the wire. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseSpool } from "@eras/trace/timeline.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import type { LoggedRequest } from "../harness/api-log.ts";
import { runProgram } from "../harness/run-program.ts";
import { DockerCliSession, missingForDocker } from "./docker-cli-session.ts";

const missing = missingForDocker(DOCKER_REGISTRY);
const START_MS = 90_000;
const CASE_MS = 60_000;

describe.skipIf(missing)(`what docker of 2019 sends${missing ? `: ${missing}` : ""}`, { timeout: CASE_MS }, () => {
  let session: DockerCliSession;
  let registry: GenuineRegistry;
  beforeAll(async () => {
    session = await DockerCliSession.start();
    const dir = join(session.daemon.place.dir, "registry");
    mkdirSync(dir);
    registry = await GenuineRegistry.start(dir);
  }, START_MS);
  afterAll(async () => {
    await registry.stop();
    await session.stop();
  }, START_MS);

  test("is for run what article 004 says, in its order: create, not found, pull, create, attach, start", async () => {
    const image = `${registry.domain}/hello:1`;
    for (const args of [
      ["tag", "busybox", image],
      ["push", image],
      ["rmi", image],
    ])
      await session.genuine(args);
    session.log.takeRequests();
    const { stdout, stderr, status } = await session.ours(["run", image, "echo", "hello"]);
    expect({ stdout, status }).toEqual({ stdout: "hello\n", status: 0 });
    expect(stderr).toMatch(
      /^Unable to find image '.*' locally\n1: Pulling from hello\n[\s\S]*Status: Downloaded newer image/,
    );
    expect(session.log.takeLines()).toEqual([
      "HEAD /_ping",
      "POST /v1.40/containers/create",
      `POST /v1.40/images/create?fromImage=${encodeURIComponent(`${registry.domain}/hello`)}&tag=1`,
      "POST /v1.40/containers/create",
      "POST /v1.40/containers/ID/attach?stderr=1&stdout=1&stream=1",
      "POST /v1.40/containers/ID/wait?condition=next-exit",
      "POST /v1.40/containers/ID/start",
    ]);
  });

  test("is, of a traced run, one header more, which a genuine daemon passes over", async () => {
    const spool = join(session.daemon.place.dir, "run.jsonl");
    writeFileSync(spool, "");
    session.log.takeRequests();
    const [plain, requests] = [await session.ours(["ps"]), session.log.takeRequests()];
    const traced = await runProgram(session.program, ["ps"], { env: { ...session.env, ERAS_TRACE: spool } });
    expect(traced).toEqual(plain);
    const withHeader = session.log.takeRequests();
    for (const { headers } of withHeader) expect(headers).toMatch(/^eras-trace: /m);
    const withoutHeader = ({ headers, ...rest }: LoggedRequest) => ({
      ...rest,
      headers: headers.replace(/^eras-trace: .*\r\n/m, ""),
    });
    expect(withHeader.map(withoutHeader)).toEqual(requests);
    const messages = parseSpool(readFileSync(spool, "utf8")).flatMap(({ msg }) => msg ?? []);
    expect(messages.map(({ from, summary }) => `${from}: ${summary}`)).toEqual([
      "docker: HEAD /_ping",
      "dockerd: 200 OK",
      "docker: GET /v1.40/containers/json",
      "dockerd: 200 OK",
    ]);
  });

  test("has what is in files: variables, labels, a filter of system calls", async () => {
    const { dir } = session.daemon.place;
    const [env, labels, seccomp] = ["env", "labels", "seccomp.json"].map((name) => join(dir, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(env, "# not this\n\nA=b c\n  HOME\nNOT_THERE\nB=\n");
    writeFileSync(labels, "a=1\nb\n");
    writeFileSync(seccomp, '{ "defaultAction": "SCMP_ACT_ALLOW" }');
    const files = ["--env-file", env, "--label-file", labels, "--security-opt", `seccomp=${seccomp}`];
    const { ours, genuine } = await session.sent("create", ...files, "busybox");
    expect(ours.map(comparable)).toEqual(genuine.map(comparable));
    expect(ours.at(-1)!.body).toContain('"A=b c"');
  });

  describe("is what the genuine one sends", () => {
    test.each([
      ["create", "busybox"],
      [
        "create",
        "--name",
        "a1",
        "-it",
        "-h",
        "host",
        "--domainname",
        "d",
        "-u",
        "1:2",
        "-w",
        "/w",
        "busybox",
        "sh",
        "-c",
        "x",
      ],
      ["create", "-e", "HOME", "busybox"],
      ["create", "-e", "NOT_THERE", "busybox"],
      ["create", "-e", "A=b", "-l", "a=1", "-l", "b", "--label", "c=d=e", "busybox"],
      [
        "create",
        "-p",
        "80",
        "-p",
        "8080:81/udp",
        "-p",
        "127.0.0.1:9000-9002:90-92",
        "-p",
        "7000-7009:70",
        "-P",
        "busybox",
      ],
      ["create", "--expose", "100-102", "--expose", "200/udp", "-p", "[::1]:1:2", "busybox"],
      ["create", "-v", "/anon", "-v", "/tmp:/host:ro", "--volumes-from", "x:ro", "busybox"],
      ["create", "--mount", "type=bind,src=/tmp,dst=/m,ro,bind-propagation=rslave", "busybox"],
      [
        "create",
        "--mount",
        "src=v,target=/v,volume-nocopy,volume-label=a=1,volume-driver=local,volume-opt=o=x",
        "busybox",
      ],
      ["create", "--mount", '"type=tmpfs","target=/t,u",tmpfs-size=1m,tmpfs-mode=1770', "busybox"],
      ["create", "--tmpfs", "/a", "--tmpfs", "/b:size=1m,exec", "--read-only", "--shm-size", "1g", "busybox"],
      [
        "create",
        "-m",
        "1g",
        "--memory-swap",
        "-1",
        "--memory-reservation",
        "512m",
        "--memory-swappiness",
        "0",
        "busybox",
      ],
      [
        "create",
        "--cpus",
        "1.5",
        "-c",
        "512",
        "--cpuset-cpus",
        "0",
        "--cpu-period",
        "1000",
        "--cpu-quota",
        "2000",
        "busybox",
      ],
      [
        "create",
        "--blkio-weight",
        "100",
        "--device-read-bps",
        "/dev/vda:1mb",
        "--device-write-iops",
        "/dev/vda:7",
        "busybox",
      ],
      ["create", "--blkio-weight-device", "/dev/vda:100", "--pids-limit", "-1", "--oom-kill-disable", "busybox"],
      ["create", "--device", "/dev/null", "--device", "/dev/zero:/dev/x:r", "--device", "/dev/full:rw", "busybox"],
      ["create", "--device-cgroup-rule", "c 1:3 mr", "--oom-score-adj", "100", "--group-add", "5", "busybox"],
      ["create", "--ulimit", "nofile=1:2", "-v", "vol:/vol", "--sysctl", "net.a=1", "busybox"],
      [
        "create",
        "--cap-add",
        "ALL",
        "--cap-drop",
        "CHOWN",
        "--privileged",
        "--security-opt",
        "no-new-privileges",
        "busybox",
      ],
      ["create", "--security-opt", "systempaths=unconfined", "--security-opt", "label=disable", "busybox"],
      ["create", "--pid", "host", "--ipc", "shareable", "--uts", "host", "--userns", "host", "busybox"],
      [
        "create",
        "--dns",
        "1.1.1.1",
        "--dns-option",
        "ndots:1",
        "--dns-opt",
        "timeout:1",
        "--dns-search",
        "a.b",
        "--add-host",
        "h:1.2.3.4",
        "busybox",
      ],
      ["create", "--restart", "on-failure:3", "--stop-signal", "USR1", "--stop-timeout", "3", "--init", "busybox"],
      [
        "create",
        "--rm",
        "--entrypoint",
        "",
        "--log-driver",
        "none",
        "--cgroup-parent",
        "/x",
        "--runtime",
        "runc",
        "busybox",
      ],
      ["create", "--log-opt", "max-size=1m", "--storage-opt", "size=1g", "--volume-driver", "local", "busybox"],
      ["create", "--health-cmd", "true", "--health-interval", "1m30s", "--health-retries", "2", "busybox"],
      ["create", "--health-timeout", "500ms", "--health-start-period", "1h", "busybox"],
      ["create", "--no-healthcheck", "--network", "none", "--mac-address", "92:d0:c6:0a:29:33", "busybox"],
      ["create", "--network", "mine", "--network-alias", "al", "--ip", "10.0.0.2", "--link", "a:b", "busybox"],
      ["create", "--network", "name=mine,alias=al", "--ip6", "::2", "--link-local-ip", "fe80::1", "busybox"],
      ["create", "--gpus", "all", "busybox"],
      ["create", "-a", "stdin", "-a", "STDERR", "-i", "busybox"],
      ["run", "-d", "busybox", "true"],
      [
        "network",
        "create",
        "--subnet",
        "10.9.0.0/16",
        "--gateway",
        "10.9.0.1",
        "--ip-range",
        "10.9.1.0/24",
        "-o",
        "a=b",
        "--label",
        "c",
        "n",
      ],
      ["volume", "create", "-d", "local", "-o", "type=tmpfs", "--label", "a=b", "v2"],
      ["update", "--cpus", "0.5", "--restart", "always", "--pids-limit", "9", "nosuch"],
      ["commit", "-a", "me", "-m", "text", "-c", "CMD x", "-p=false", "nosuch", "name:tag"],
      ["exec", "-e", "A=b", "nosuch", "true"],
      ["rm", "-f", "-v", "nosuch"],
      ["rmi", "--no-prune", "-f", "nosuch"],
      ["kill", "-s", "HUP", "nosuch"],
      ["stop", "-t", "3", "nosuch"],
      ["network", "connect", "--alias", "x", "--ip", "10.0.0.9", "bridge", "nosuch"],
      ["network", "disconnect", "-f", "bridge", "nosuch"],
      ["ps", "-a", "-n", "3", "-s", "--filter", "status=exited", "--filter", "status=dead", "--filter", "label=a=b"],
      ["images", "-a", "--filter", "dangling=true"],
      ["image", "prune", "-f"],
      ["container", "prune", "-f", "--filter", "until=1h"],
      ["volume", "prune", "-f"],
      ["network", "prune", "-f"],
      ["top", "nosuch", "aux"],
      ["save", "nosuch", "other"],
      ["events", "--since", "1.5", "--until", "2.5", "--filter", "type=image"],
    ])("%s %s %s %s %s %s %s", async (...args) => {
      const { ours, genuine } = await session.sent(...args);
      expect(ours.map(comparable).sort(byLine)).toEqual(genuine.map(comparable).sort(byLine));
      expect(ours.length).toBeGreaterThan(1);
    });
  });
});

interface Sent {
  readonly line: string;
  readonly body: unknown;
}

function comparable({ line, body }: LoggedRequest): Sent {
  const path = line.replace(/\/v1\.4[01]\//, "/").replace(/[0-9a-f]{64}/g, "ID");
  return { line: path, body: body.startsWith("{") ? withoutZeros(JSON.parse(body)) : body.trim() };
}

/** Requests on several connections arrive in any order. */
function byLine(a: Sent, b: Sent): number {
  return a.line < b.line ? -1 : 1;
}

/** What is not said, null, and the zero of its type are the same to the daemon. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((one) => withoutZeros(one) ?? "");
  if (typeof value !== "object" || value === null) return value || undefined;
  const members = Object.entries(value).map(([name, one]) => [name, withoutZeros(one)] as const);
  const kept = members.filter(([, one]) => one !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
