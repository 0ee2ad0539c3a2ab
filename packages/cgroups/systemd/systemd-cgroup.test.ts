/** The cgroup of a container under a genuine systemd, on a genuine bus. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { containerDeviceRules } from "../default-devices.ts";
import { readCgroupStats } from "../read-stats.ts";
import { GenuineSystemd, missingForSystemd } from "../testsuite/genuine-systemd.ts";
import { isSystemdRunning, SystemdManager } from "./manager.ts";
import { SystemdCgroup } from "./systemd-cgroup.ts";

const MIB = 1024 * 1024;
const PATH = "machine-test.slice:docker:web";

const LIMITS = {
  memory: { limit: 64 * MIB },
  cpu: { quota: 12_345, period: 50_000, cpus: "0" },
  pids: { limit: 77 },
  devices: [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 1, minor: 3, access: "rw" },
    { allow: true, type: "c", major: 136, access: "rwm" },
  ],
} as const;

const RUNC = "/usr/sbin/runc";
const BUSYBOX = "/bin/busybox";

/** But for the slice, which genuine runc would leave behind in v1's trees: it gets the root in its place. */
const PROPERTIES = [
  ...["Description", "Delegate", "DefaultDependencies", "KillMode", "DevicePolicy", "DeviceAllow", "TasksMax"],
  ...["MemoryAccounting", "CPUAccounting", "TasksAccounting", "IOAccounting", "BlockIOAccounting"],
  ...["MemoryLimit", "MemoryMax", "MemorySwapMax", "MemoryLow", "BlockIOWeight", "CPUShares", "CPUWeight"],
  ...["CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec", "AllowedCPUs", "AllowedMemoryNodes"],
];

test.skipIf(isSystemdRunning())("open() says in runc's words that there is no systemd", async () => {
  const words = "systemd not running on this host, cannot use systemd cgroups manager";
  await expect(SystemdManager.open("system")).rejects.toThrow(words);
});

const missing = missingForSystemd.length === 0 ? "" : ` (needs ${missingForSystemd.join(", ")})`;

describe.skipIf(missing !== "")(`under systemd${missing}`, () => {
  let systemd: GenuineSystemd;
  let sleeper: ChildProcess;
  let manager: SystemdManager;
  let container: SystemdCgroup;

  beforeAll(async () => {
    sleeper = spawn("sleep", ["1000"]);
    systemd = new GenuineSystemd();
    manager = await systemd.start();
    container = await SystemdCgroup.open(manager, PATH, "web", "user");
    await container.start(sleeper.pid!, [["TimeoutStopUSec", { signature: "t", value: 2_000_000n }]]);
  });
  afterAll(async () => {
    manager?.close(); // there is none when beforeAll() has failed
    await systemd.stop();
    sleeper.kill("SIGKILL");
  });

  /** Properties of the unit: those that are given, as they are. */
  const shown = (expected: Record<string, string[]>) => systemd.show(container.unit.name, Object.keys(expected));

  test("is a scope in its slice, which systemd leaves to the container", () => {
    const { unit, cgroup } = container;
    expect(unit).toEqual({ name: "docker-web.scope", slice: "machine-test.slice", container: "web" });
    expect(readFileSync(`/proc/${sleeper.pid}/cgroup`, "utf8")).toContain(
      `::${systemd.cgroup}/machine.slice/machine-test.slice/docker-web.scope\n`,
    );
    expect(cgroup.pids()).toEqual([sleeper.pid]);
    const expected = {
      ...{ ActiveState: ["active"], Slice: ["machine-test.slice"], Delegate: ["yes"], DefaultDependencies: ["no"] },
      ...{ Description: ["libcontainer container web"], MemoryAccounting: ["yes"], TasksAccounting: ["yes"] },
      ...{ TimeoutStopUSec: ["2s"] },
    };
    expect(shown(expected)).toEqual(expected);
  });

  test("tells limits to systemd and to the kernel", async () => {
    await container.set(LIMITS);
    const expected = {
      ...{ TasksMax: ["77"], CPUQuotaPerSecUSec: ["250ms"], CPUQuotaPeriodUSec: ["50ms"], AllowedCPUs: ["0"] },
      ...{ DevicePolicy: ["strict"], DeviceAllow: ["/dev/char/1:3 rw", "char-pts rwm"] },
    };
    expect(shown(expected)).toEqual(expected);
    const { memory, pids } = readCgroupStats(container.cgroup.paths);
    expect([memory?.limitBytes, pids?.limit]).toEqual([64 * MIB, 77]);
  });

  test.skipIf(!existsSync(RUNC) || !existsSync(BUSYBOX))("has the properties that runc gives its unit", async () => {
    const dir = mkdtempSync(`${tmpdir()}/docker-eras-runc-systemd-`);
    for (const name of ["bin", "proc"]) mkdirSync(`${dir}/rootfs/${name}`, { recursive: true });
    copyFileSync(BUSYBOX, `${dir}/rootfs/bin/busybox`);
    const program = { args: ["/bin/busybox", "sleep", "1000"], cwd: "/", user: { uid: 0, gid: 0 } };
    const linux = {
      namespaces: [{ type: "mount" }],
      cgroupsPath: "-.slice:runc:web",
      resources: LIMITS,
    };
    const mounts = [{ destination: "/proc", type: "proc", source: "proc" }];
    const config = { ociVersion: "1.0.2", process: program, root: { path: "rootfs" }, mounts, linux };
    writeFileSync(`${dir}/config.json`, JSON.stringify(config));
    const runc = (args: string) =>
      systemd.run("sh", ["-c", `${RUNC} --systemd-cgroup --root ${dir}/state ${args} > /dev/null 2>&1`]);

    runc(`create --bundle ${dir} web`);
    const theirs = systemd.show("runc-web.scope", PROPERTIES);
    runc("delete --force web");
    rmSync(dir, { recursive: true });

    await container.set({ ...LIMITS, devices: containerDeviceRules(LIMITS.devices) });
    expect(systemd.show(container.unit.name, PROPERTIES)).toEqual(theirs);
  });

  test("takes limits away again", async () => {
    await container.set({ memory: { limit: -1 }, cpu: { quota: -1 }, pids: { limit: -1 } });
    const expected = { TasksMax: ["infinity"], CPUQuotaPerSecUSec: ["infinity"] };
    expect(shown(expected)).toEqual(expected);
    expect(readCgroupStats(container.cgroup.paths).pids?.limit).toBeUndefined();
  });

  test("is found again by a later command", async () => {
    const again = await SystemdCgroup.open(manager, PATH, "web", "user", container.cgroup.paths);
    expect([again.unit, again.cgroup.pids()]).toEqual([container.unit, [sleeper.pid]]);
  });

  test("is not made twice", async () => {
    await expect(container.start(process.pid)).rejects.toThrow(/Cannot call .*StartTransientUnit: .*docker-web.scope/);
  });

  test("is told what systemd thinks of a property", async () => {
    const nonsense = ["NoSuchProperty", { signature: "s", value: "" }] as const;
    await expect(manager.setUnitProperties(container.unit.name, [nonsense])).rejects.toThrow("NoSuchProperty");
  });

  test("goes with its processes", async () => {
    const paths = Object.values(container.cgroup.paths);
    await container.stop();
    await container.stop(); // nothing to stop is fine
    expect(paths.filter((dir) => existsSync(dir))).toEqual([]);
    expect(sleeper.signalCode).toBe("SIGTERM");
  });
});
