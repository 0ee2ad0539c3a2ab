import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cgroupMode } from "@eras/cgroups/detect.ts";
import { describe, expect, test } from "vitest";
import {
  create,
  eventually,
  GENUINE,
  message,
  missing,
  OURS,
  type Runtime,
  runtime,
  start,
} from "../testsuite/on-bundle.ts";

const MIB = 1024 ** 2;

/** Control files that an update may change, v1's by controller and v2's. */
const FILES: readonly [controller: string, file: string][] = [
  ["memory", "memory.limit_in_bytes"],
  ["memory", "memory.memsw.limit_in_bytes"],
  ["memory", "memory.soft_limit_in_bytes"],
  ["cpu", "cpu.shares"],
  ["cpu", "cpu.cfs_quota_us"],
  ["cpu", "cpu.cfs_period_us"],
  ["cpu", "cpu.cfs_burst_us"],
  ["cpu", "cpu.idle"],
  ["cpuset", "cpuset.cpus"],
  ["cpuset", "cpuset.mems"],
  ["pids", "pids.max"],
  ["blkio", "blkio.weight"],
  ["blkio", "blkio.bfq.weight"],
  ["devices", "devices.list"],
  ["", "memory.max"],
  ["", "memory.swap.max"],
  ["", "memory.low"],
  ["", "cpu.weight"],
  ["", "cpu.max"],
  ["", "cpu.max.burst"],
  ["", "cpu.idle"],
  ["", "cpuset.cpus"],
  ["", "pids.max"],
];

function stateFile({ root, id }: Runtime) {
  return JSON.parse(readFileSync(join(root, id, "state.json"), "utf8"));
}

/** What the cgroup's files say. */
function limits(runtime: Runtime): Record<string, string> {
  const { cgroup_paths: paths } = stateFile(runtime);
  const found = FILES.map(([controller, file]) => [file, `${paths[controller]}/${file}`] as const);
  const there = found.filter(([, path]) => existsSync(path));
  const sorted = (text: string) => text.trim().split("\n").sort().join("\n"); // a list of devices has no order
  return Object.fromEntries(there.map(([file, path]) => [file, sorted(readFileSync(path, "utf8"))]));
}

/** Each is an update, on top of those before it. */
const UPDATES: readonly (readonly string[])[] = [
  [],
  ["--memory", "64M", "--memory-swap", "128M", "--memory-reservation", "32m"],
  ["--memory", "128M", "--memory-swap", "256M"],
  ["--memory-swap=-1"],
  ["--memory", "-1"],
  ["--cpu-quota", "50000", "--cpu-period", "100000"],
  ["--cpu-period", "200000"],
  ["--cpu-quota", "-1"],
  ["--cpu-share", "100"],
  ["--cpuset-cpus", "0", "--cpuset-mems", "0"],
  ["--pids-limit", "20"],
  ["--pids-limit", "0"],
  ["--pids-limit", "-1"],
  ["--blkio-weight", "100"],
];

describe.skipIf(missing)(`runc update${missing ? ` (needs ${missing})` : ""}`, () => {
  test("comes to the same limits as the genuine one", () => {
    const [ours, theirs] = [OURS, GENUINE].map((program) => runtime(program)) as [Runtime, Runtime];
    for (const each of [ours, theirs]) start(each);
    for (const flags of UPDATES) {
      expect(ours.call("update", ...flags, ours.id)).toMatchObject({ status: 0, stdout: "", stderr: "" });
      expect(theirs.call("update", ...flags, theirs.id)).toMatchObject({ status: 0 });
      expect([flags, limits(ours)]).toEqual([flags, limits(theirs)]);
    }
  });

  test("lets unused time be saved, and has a container wait for all others", () => {
    const ours = runtime(OURS);
    start(ours);
    const update = (...flags: string[]) => ours.call("update", ...flags, ours.id);
    expect(update("--cpu-period", "100000", "--cpu-quota", "50000", "--cpu-burst", "20000").status).toBe(0);
    expect(update("--cpu-idle", "1").status).toBe(0);
    expect(limits(ours)).toMatchObject(
      cgroupMode() === "v2" ? { "cpu.max.burst": "20000" } : { "cpu.cfs_burst_us": "20000" },
    );
    expect(limits(ours)["cpu.idle"]).toBe("1");
    expect(message(update("--cpu-idle", "2"))).toContain("cpu.idle: 2");
    expect([update("--cpu-idle", "0", "--cpu-burst", "0").status, limits(ours)["cpu.idle"]]).toEqual([0, "0"]);
  });

  test("reads limits from standard input, as Docker and containerd send them, also before the start", () => {
    const change = {
      devices: [{ allow: true, access: "rwm" }],
      memory: { limit: 64 * MIB, swap: 64 * MIB, reservation: 0 },
      cpu: { shares: 512, quota: 20_000, period: 50_000, cpus: "0", mems: "" },
      pids: { limit: 9 },
      blockIO: { weight: 0 },
    };
    const [ours, theirs] = [OURS, GENUINE].map((program) => {
      const each = runtime(program);
      create(each);
      expect(each.callWith(JSON.stringify(change), "update", "--resources", "-", each.id).status).toBe(0);
      return each;
    }) as [Runtime, Runtime];
    expect(limits(ours)).toEqual(limits(theirs));
  });

  test("remembers what the limits have come to", () => {
    const ours = runtime(OURS, (spec) => ({
      ...spec,
      linux: { ...spec.linux, resources: { ...spec.linux!.resources, pids: { limit: 50 } } },
    }));
    start(ours);
    ours.call("update", "--memory", "64M", ours.id);
    ours.call("update", "--cpu-share", "512", ours.id);
    const { devices, ...resources } = stateFile(ours).spec.linux.resources;
    expect(resources).toEqual({
      memory: { limit: 64 * MIB },
      cpu: { shares: 512 },
      pids: { limit: 50 },
      blockIO: {},
    });
    expect(devices).toHaveLength(1);
  });

  test("sets all back when one limit is refused", () => {
    const ours = runtime(OURS);
    start(ours);
    ours.call("update", "--memory", "64M", "--pids-limit", "20", ours.id);
    const before = [limits(ours), stateFile(ours)];
    const outcome = ours.call("update", "--memory", "32M", "--cpu-quota", "5000", "--cpu-period", "1", ours.id);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(message(outcome)).toMatch(/cpu\.(?:cfs_period_us|max): invalid argument/);
    expect([limits(ours), stateFile(ours)]).toEqual(before);
  });

  const isV2 = cgroupMode() === "v2";
  test.skipIf(isV2)(
    `refuses a limit that the container is beyond already${isV2 ? " (on v2 the kernel kills)" : ""}`,
    () => {
      const ours = runtime(OURS);
      start(ours);
      const outcome = ours.call("update", "--memory", "1", ours.id);
      expect([outcome.status, message(outcome)]).toEqual([
        1,
        expect.stringContaining("unable to set memory limit to 1 (current usage: "),
      ]);
    },
  );

  test("says what can't be", async () => {
    const both = [OURS, GENUINE].map((program) => runtime(program));
    for (const each of both) start(each);
    const said = (flags: readonly string[]) =>
      both.map((each) => {
        const outcome = each.call("update", ...flags, each.id);
        return [outcome.status, message(outcome).replaceAll(each.id, "ID")];
      });
    for (const flags of [
      ["--memory", "foo"],
      ["--pids-limit", "x"],
      ["--pids-limit", "99999999999"],
      ["--cpuset-cpus", "9999"],
      ["-r", "/proc/none"],
      ...(existsSync("/sys/fs/resctrl/info")
        ? []
        : [
            ["--l3-cache-schema", "L3:0=f"],
            ["--mem-bw-schema", "MB:0=20"],
          ]),
    ]) {
      const [ours, theirs] = said(flags);
      expect(ours).toEqual(theirs);
      expect(ours![0]).toBe(1);
    }
    expect(said(["--cpu-quota", "x"])[0]).toEqual([1, 'invalid value for cpu-quota: "x" is not a whole number']);
    expect(said(["--blkio-weight", "5"])[0]![1]).toContain("blockIO.weight: 5 is less than 10");
    for (const each of both) each.call("kill", each.id, "KILL");
    const stopped = () => both.map((each) => JSON.parse(each.call("state", each.id).stdout).status);
    await eventually(stopped).toEqual(["stopped", "stopped"]);
    const [ours, theirs] = said(["--memory", "64M"]);
    expect(ours).toEqual(theirs);
  });

  test.each(["x", '{"memory":{"limit":"x"}}', "[]"])("refuses %j as limits", (text) => {
    const ours = runtime(OURS);
    start(ours);
    const { status, stderr } = ours.callWith(text, "update", "-r", "-", ours.id);
    expect([status, stderr.trim().split("\n").length]).toEqual([1, 1]);
  });
});
