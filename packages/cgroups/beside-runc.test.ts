/**
 * The same cgroup as genuine runc makes, from the same config.json: the same directories, the same contents of the same control files,
 * before and after an update, and the same statistics of it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Cgroup } from "./cgroup.ts";
import { type CgroupPaths, containerCgroupPaths } from "./container-paths.ts";
import { containerDeviceRules } from "./default-devices.ts";
import { cgroupMode } from "./detect.ts";
import { openCgroupAt } from "./open.ts";
import { readCgroupStats } from "./read-stats.ts";
import { runcStatsEvent } from "./runc-stats.ts";

const RUNC = "/usr/sbin/runc";
const BUSYBOX = "/bin/busybox";
const MIB = 1024 * 1024;
const isV2 = cgroupMode() === "v2";
const missing = [RUNC, BUSYBOX].filter((path) => !existsSync(path));

const FIRST: LinuxResources = {
  devices: [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 10, minor: 229, access: "rwm" },
    { allow: true, type: "b", major: 8, access: "r" },
    { allow: false, type: "c", major: 10, minor: 229, access: "wm" },
  ],
  memory: { limit: 64 * MIB, swap: 128 * MIB, reservation: 32 * MIB, disableOOMKiller: false },
  cpu: { shares: 512, quota: 50_000, period: 100_000, cpus: "0", mems: "0" },
  pids: { limit: 50 },
  blockIO: { weight: 0 },
};

/** What Docker's update and Kubernetes' change. Without `devices`: an update leaves them alone. */
const UPDATES: readonly [string, LinuxResources][] = [
  [
    "more of all",
    { memory: { limit: 256 * MIB, swap: 512 * MIB }, cpu: { shares: 2048, quota: 80_000, period: 200_000 } },
  ],
  ["less of all", { memory: { limit: 32 * MIB, swap: 32 * MIB, reservation: 8 * MIB }, pids: { limit: 10 } }],
  ["no limits", { memory: { limit: -1, swap: -1 }, cpu: { quota: -1, period: 100_000 }, pids: { limit: -1 } }],
  ["nothing", { memory: { limit: 0, swap: 0 }, cpu: { shares: 0, quota: 0, period: 0, cpus: "" }, pids: { limit: 0 } }],
];

describe.skipIf(missing.length > 0)(`beside runc${missing.length > 0 ? ` (needs ${missing.join(", ")})` : ""}`, () => {
  const parent = `/docker-eras-test-beside-runc-${process.pid}`;
  let dir: string;
  let sleeper: ChildProcess;
  let ours: Cgroup;
  let theirs: CgroupPaths;

  const runc = (args: readonly string[], input = "") =>
    execFileSync(RUNC, ["--root", `${dir}/state`, ...args], {
      input,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "inherit"],
    });

  /** Starts a container, which sleeps. @returns The directories of its cgroup, as its state has them. */
  function start(id: string, cgroupsPath: string | undefined, resources: LinuxResources): CgroupPaths {
    const bundle = `${dir}/${id}`;
    mkdirSync(`${bundle}/rootfs/bin`, { recursive: true });
    for (const name of ["proc", "sleep"]) mkdirSync(`${bundle}/rootfs/${name}`);
    copyFileSync(BUSYBOX, `${bundle}/rootfs/bin/busybox`);
    const linux = { namespaces: [{ type: "pid" }, { type: "mount" }], resources, ...(cgroupsPath && { cgroupsPath }) };
    const mounts = [{ destination: "/proc", type: "proc", source: "proc" }];
    const program = { args: ["/bin/busybox", "sleep", "1000"], cwd: "/", user: { uid: 0, gid: 0 } };
    const config = { ociVersion: "1.0.2", process: program, root: { path: "rootfs" }, mounts, linux };
    writeFileSync(`${bundle}/config.json`, JSON.stringify(config));
    execFileSync(RUNC, ["--root", `${dir}/state`, "run", "--detach", "--bundle", bundle, id], { stdio: "ignore" });
    return JSON.parse(readFileSync(`${dir}/state/${id}/state.json`, "utf8")).cgroup_paths;
  }

  const stateOf = (id: string): { pid: number; status: string } => JSON.parse(runc(["state", id]));
  const asOurs = (text: string) => text.replaceAll(`${parent}/theirs`, `${parent}/ours`);

  beforeAll(() => {
    dir = mkdtempSync(`${tmpdir()}/docker-eras-beside-runc-`);
    sleeper = spawn("sleep", ["1000"]);
    ours = openCgroupAt(containerCgroupPaths(`${parent}/ours`, "ours"));
    ours.create();
    ours.set({ ...FIRST, devices: containerDeviceRules(FIRST.devices) });
    ours.addProcess(sleeper.pid!);
    theirs = start("theirs", `${parent}/theirs`, FIRST);
  });

  afterAll(async () => {
    runc(["delete", "--force", "theirs"]);
    await ours.killAll();
    await ours.delete();
    rmSync(dir, { recursive: true });
  });

  test("lies in the same directories", () => {
    expect(ours.paths).toEqual(JSON.parse(asOurs(JSON.stringify(theirs))));
  });

  test("has the process in the same cgroups", () => {
    const theirPid = stateOf("theirs").pid;
    expect(readFileSync(`/proc/${sleeper.pid}/cgroup`, "utf8")).toBe(
      asOurs(readFileSync(`/proc/${theirPid}/cgroup`, "utf8")),
    );
  });

  test("has the same settings", () => expect(settings(ours.paths)).toEqual(settings(theirs)));

  test.each(UPDATES)("has the same settings after an update: %s", (_, update) => {
    runc(["update", "--resources", "-", "theirs"], JSON.stringify(update));
    ours.set(update);
    expect(settings(ours.paths)).toEqual(settings(theirs));
  });

  test("shows the same statistics", async () => {
    // The kernel may count what was used only between the two looks.
    await vi.waitFor(() => {
      const event = runcStatsEvent("theirs", readCgroupStats(theirs), { isV2 });
      const genuine = runc(["events", "--stats", "theirs"]);
      expect(JSON.parse(event)).toEqual(JSON.parse(genuine));
      expect(`${event}\n`).toBe(genuine);
    });
  });

  test("is paused and resumed by either", async () => {
    const cgroup = openCgroupAt(theirs);
    runc(["pause", "theirs"]);
    expect(cgroup.freezerState()).toBe("FROZEN");
    cgroup.thaw();
    expect(stateOf("theirs").status).toBe("running");
    await cgroup.freeze();
    expect(stateOf("theirs").status).toBe("paused");
    runc(["resume", "theirs"]);
    expect(cgroup.freezerState()).toBe("THAWED");
  });

  test.each([
    ["left out", undefined],
    ["relative", `docker-eras-test-${process.pid}`],
    ["on its way out", `../docker-eras-test-${process.pid}`],
    ["absolute", `${parent}/./absolute/`],
  ])("lies where runc puts it: %s", (_, cgroupsPath) => {
    const id = `docker-eras-test-placed-${process.pid}`;
    const paths = start(id, cgroupsPath, {});
    runc(["delete", "--force", id]);
    rmSync(`${dir}/${id}`, { recursive: true });
    expect(containerCgroupPaths(cgroupsPath, id)).toEqual(paths);
  });

  test("ends with SIGKILL to all", async () => {
    await openCgroupAt(theirs).signalAll(constants.signals.SIGKILL);
    expect(stateOf("theirs").status).toBe("stopped");
  });
});

/** Files that can be written and read, but tell of use, or of who is there. */
const NO_SETTING = /usage|failcnt|peak|pressure|numa|^tasks$|^cgroup\.(procs|threads)$|^cgroup.kill$/;

/** The contents of all control files that set something, by tree. */
function settings(paths: CgroupPaths): Record<string, Record<string, string>> {
  return Object.fromEntries(Object.entries(paths).map(([tree, dir]) => [tree, settingsIn(dir)]));
}

function settingsIn(dir: string): Record<string, string> {
  const names = readdirSync(dir).filter((name) => isSetting(name, statSync(`${dir}/${name}`).mode));
  return Object.fromEntries(names.map((name) => [name, setting(name, readFileSync(`${dir}/${name}`, "utf8"))]));
}

/** runc sorts the devices by number; we keep the order of config.json. */
function setting(name: string, text: string): string {
  return name === "devices.list" ? text.split("\n").sort().join("\n") : text;
}

function isSetting(name: string, mode: number): boolean {
  const isReadAndWritten = (mode & 0o600) === 0o600;
  return (isReadAndWritten && !NO_SETTING.test(name)) || name === "devices.list";
}
