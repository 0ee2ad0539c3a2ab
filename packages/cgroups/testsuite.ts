/**
 * What every kind of cgroup must do, tried on the kernel: real cgroups, real processes that fork, eat memory and burn time.
 *
 * Each backend runs it. Where the machine's kernel has not given a controller to that backend (v2's memory on a hybrid host), the
 * tests that need it are skipped; the virtual machine of test/vm runs those.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { isErrno } from "@eras/linux/errno.ts";
import { processExists } from "@eras/linux/proc.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Cgroup } from "./cgroup.ts";

const MIB = 1024 * 1024;

/** A backend to try. */
export interface CgroupSuiteOptions {
  /** A cgroup of the backend; each test asks for one of its own. */
  readonly open: (path: string) => Cgroup;
  /** What limits the backend can set here: the keys of `CgroupResources`, and some finer ones. */
  readonly controllers: ReadonlySet<string>;
  /** The same as a module's source, for a process that puts itself into the cgroup: it declares `cgroup`. */
  readonly source: (path: string) => string;
  /** Where the kernel shows the cgroup. */
  readonly directories: (path: string) => string[];
}

/** Declares the suite for one backend. */
export function cgroupSuite(name: string, { open, source, controllers, directories }: CgroupSuiteOptions): void {
  const needs = (controller: string) => test.skipIf(!controllers.has(controller));
  const parent = `/docker-eras-test-${name}-${process.pid}`;
  let cgroup: Cgroup;
  let processes: ChildProcess[] = [];
  let count = 0;

  /** Starts a shell that goes on with `script` when it is in the cgroup, or in `place`. */
  function startInside(script: string, place: Cgroup = cgroup): ChildProcess {
    const child = spawn("sh", ["-c", `read go; ${script}`], { stdio: ["pipe", "ignore", "ignore"] });
    processes.push(child);
    place.addProcess(child.pid!);
    child.stdin!.end("go\n");
    return child;
  }

  /** Starts a Node that has `cgroup` and runs `script`; what it prints comes back on its stdout. */
  function startNode(script: string, path = cgroup.path): ChildProcess {
    const module = `${source(path)}\n${script}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", module], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    processes.push(child);
    return child;
  }

  /** A process that ends with 3 on SIGTERM, if it can run. */
  async function startTrapping(): Promise<ChildProcess> {
    const child = startInside("trap 'exit 3' TERM; while :; do :; done");
    await until(() => /SigCgt:.*4[0-9a-f]{3}$/m.test(readFileSync(`/proc/${child.pid}/status`, "utf8"))); // SIGTERM is bit 14
    return child;
  }

  async function expectFrozen(child: ChildProcess): Promise<void> {
    child.kill("SIGTERM");
    await delay(100); // to see that nothing happens
    expect(child.exitCode).toBeNull();
  }

  async function exitCode(child: ChildProcess): Promise<number | string> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return child.exitCode ?? child.signalCode!;
  }

  beforeEach(() => {
    cgroup = open(`${parent}/${++count}`);
    cgroup.create();
  });

  afterEach(async () => {
    await cgroup.killAll();
    await cgroup.delete();
    for (const child of processes) child.kill("SIGKILL");
    processes = [];
    expect(directories(parent).filter((dir) => existsSync(dir))).toEqual([]);
  });

  describe(`${name}: create(), delete()`, () => {
    test("makes a directory in every tree and removes it", async () => {
      expect(directories(cgroup.path).map((dir) => existsSync(dir))).not.toContain(false);
      expect(cgroup.exists()).toBe(true);
      await cgroup.delete();
      expect(directories(cgroup.path).map((dir) => existsSync(dir))).not.toContain(true);
      expect(cgroup.exists()).toBe(false);
    });

    test("keeps a cgroup that exists", () => expect(() => cgroup.create()).not.toThrow());

    test("has nothing against deleting twice", async () => {
      await cgroup.delete();
      await cgroup.delete();
    });

    test("removes children with it", async () => {
      open(`${cgroup.path}/child/grandchild`).create();
      await cgroup.delete();
      expect(cgroup.exists()).toBe(false);
    });

    test("removes the ancestors that it needed with the last of their children", async () => {
      const [a, b] = [open(`${cgroup.path}/x/y/a`), open(`${cgroup.path}/x/b`)];
      a.create();
      b.create();
      await a.delete();
      expect([open(`${cgroup.path}/x/y`).exists(), b.exists()]).toEqual([false, true]);
      await b.delete();
      expect([open(`${cgroup.path}/x`).exists(), cgroup.exists()]).toEqual([false, true]);
    });

    test("keeps an ancestor that was somebody's before, or has become it", async () => {
      const [mine, below] = [open(`${cgroup.path}/x`), open(`${cgroup.path}/x/below`)];
      below.create();
      mine.create();
      await below.delete();
      expect(mine.exists()).toBe(true);
      below.create();
      await below.delete();
      expect(mine.exists()).toBe(true);
    });

    test("works while siblings come and go, and leaves no ancestor", async () => {
      const paths = ["a", "b", "c"].map((name) => `${cgroup.path}/x/y/${name}`);
      const comeAndGo = "for (let i = 0; i < 60; i++) { cgroup.create(); await cgroup.delete(); }";
      const children = paths.map((path) => startNode(comeAndGo, path));
      expect(await Promise.all(children.map(exitCode))).toEqual([0, 0, 0]);
      expect(open(`${cgroup.path}/x`).exists()).toBe(false);
    });

    test("waits for a process that is ending", async () => {
      const child = startInside("exec sleep 1000");
      setTimeout(() => child.kill("SIGKILL"), 50);
      await cgroup.delete();
      expect(cgroup.exists()).toBe(false);
    });

    test("names the processes that are in the way", async () => {
      const child = startInside("exec sleep 1000");
      await expect(cgroup.delete()).rejects.toThrow(`it holds the processes ${child.pid}`);
    });
  });

  describe(`${name}: addProcess(), pids()`, () => {
    test("moves a process, whose children are born there", async () => {
      const child = startInside("sleep 1000 & wait");
      await until(() => cgroup.pids().length === 2);
      expect(cgroup.pids()).toContain(child.pid);
    });

    test("lists the processes of children too", () => {
      const below = open(`${cgroup.path}/child`);
      below.create();
      const child = startInside("exec sleep 1000", below);
      expect(cgroup.pids()).toEqual([child.pid]);
    });

    test("moves the process everywhere", () => {
      const child = startInside("exec sleep 1000");
      const lists = directories(cgroup.path).map((dir) => readFileSync(`${dir}/cgroup.procs`, "utf8"));
      expect(new Set(lists)).toEqual(new Set([`${child.pid}\n`]));
    });

    test("fails for a process that has ended", async () => {
      const child = spawn("true");
      await once(child, "exit");
      expect(() => cgroup.addProcess(child.pid!)).toThrow(/Cannot write "\d+" to .*cgroup.procs: ESRCH/);
    });
  });

  describe(`${name}: addCaller()`, () => {
    test("has the caller's children born in the cgroup", async () => {
      const child = startNode(`
        import { spawn } from "node:child_process";
        cgroup.addCaller();
        console.log(spawn("sleep", ["1000"]).pid);`);
      const [output] = await once(child.stdout!, "data");
      expect(cgroup.pids()).toContain(Number(output));
    });

    test("moves the caller for good when it becomes another program", async () => {
      const child = startNode(`
        cgroup.addCaller();
        process.execve("/bin/sleep", ["sleep", "1000"], {});`);
      await until(() => readFileSync(`/proc/${child.pid}/comm`, "utf8") === "sleep\n");
      expect(cgroup.pids()).toEqual([child.pid]);
      await cgroup.killAll();
      expect(await exitCode(child)).toBe("SIGKILL");
    });
  });

  describe(`${name}: set()`, () => {
    needs("memory")("limits memory: who takes more is killed", async () => {
      cgroup.set({ memory: { limit: 32 * MIB, swap: 33 * MIB } });
      expect(await exitCode(startInside("exec tail /dev/zero"))).toBe("SIGKILL"); // one endless line, kept in memory
      const { memory } = cgroup.stats();
      expect(memory?.limitBytes).toBe(32 * MIB);
      expect(memory?.oomKills).toBe(1);
      expect(memory?.limitHits).toBeGreaterThan(0);
    });

    needs("memory")("raises and lowers memory and swap together", () => {
      cgroup.set({ memory: { limit: 32 * MIB, swap: 64 * MIB } });
      cgroup.set({ memory: { limit: 128 * MIB, swap: 256 * MIB } });
      cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB } });
      cgroup.set({ memory: { limit: 64 * MIB, swap: -1 } });
      expect(cgroup.stats().memory?.limitBytes).toBe(64 * MIB);
      cgroup.set({ memory: { limit: -1, swap: -1, reservation: 8 * MIB } });
      expect(cgroup.stats().memory?.limitBytes).toBeUndefined();
    });

    needs("memory")("refuses a limit below the use when asked to check", async () => {
      startInside("exec sleep 1000");
      await until(() => (cgroup.stats().memory?.usageBytes ?? 0) > 0);
      expect(() => cgroup.set({ memory: { limit: 1, checkBeforeUpdate: true } })).toThrow(/to 1 bytes: \d+ are in use/);
    });

    needs("cpu")("limits processor time: who takes more is throttled", async () => {
      cgroup.set({ cpu: { shares: 512, period: 50_000, quota: 5_000 } });
      startInside("while :; do :; done");
      await until(() => cgroup.stats().cpu!.throttledPeriods >= 3);
      const { usageUs, periods, throttledUs } = cgroup.stats().cpu!;
      expect(throttledUs).toBeGreaterThan(0);
      expect(usageUs / periods).toBeLessThan(25_000); // of 50,000
    });

    needs("cpu")("changes quota and period in either direction", () => {
      cgroup.set({ cpu: { period: 1_000_000, quota: 900_000 } });
      cgroup.set({ cpu: { period: 10_000, quota: 5_000 } });
      cgroup.set({ cpu: { period: 20_000 } });
      cgroup.set({ cpu: { quota: -1 } });
    });

    needs("cpuset")("binds to a processor", async () => {
      cgroup.set({ cpu: { cpus: "0" } });
      const child = startInside("exec sleep 1000");
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      expect(/Cpus_allowed_list:\s*(.*)/.exec(status)?.[1]).toBe("0");
      expect(() => cgroup.set({ cpu: { cpus: "9999" } })).toThrow(/Cannot write "9999" to .*cpuset.cpus/);
    });

    needs("pids")("limits the number of tasks: a fork bomb stops", async () => {
      cgroup.set({ pids: { limit: 10 } });
      startInside("bomb() { sleep 1000 & bomb & bomb; }; bomb");
      await until(() => (cgroup.stats().pids?.limitHits ?? 0) > 0);
      expect(cgroup.stats().pids?.limit).toBe(10);
      expect(cgroup.stats().pids?.current).toBeLessThanOrEqual(10);
      cgroup.set({ pids: { limit: -1 } });
      expect(cgroup.stats().pids?.limit).toBeUndefined();
    });

    needs("devices")("forbids devices that no rule allows", async () => {
      cgroup.set({
        devices: [
          { allow: false },
          { allow: true, type: "c", major: 1, minor: 3, access: "rw" },
          { allow: true, type: "c", major: 5 },
        ],
      });
      expect(await exitCode(startInside("echo x > /dev/null"))).toBe(0);
      expect(await exitCode(startInside("head -c 1 /dev/zero"))).toBe(1);
      expect(await exitCode(startInside("mknod /tmp/null-$$ c 1 3 && rm /tmp/null-$$"))).toBe(1);
    });

    needs("devices")("lets a later rule take away what an earlier one gave", async () => {
      cgroup.set({ devices: [{ allow: true }, { allow: false, type: "c", major: 1, minor: 5, access: "rwm" }] });
      expect(await exitCode(startInside("head -c 1 /dev/zero"))).toBe(1);
      expect(await exitCode(startInside("head -c 1 /dev/urandom"))).toBe(0);
    });

    needs("blockIO")("limits the speed of a disk and counts what goes through", () => {
      const [major, minor] = firstDisk();
      cgroup.set({ blockIO: { throttleWriteBpsDevice: [{ major, minor, rate: MIB }] } });
      cgroup.set({ blockIO: { throttleReadIOPSDevice: [{ major, minor, rate: 100 }] } });
      const limits = directories(cgroup.path).flatMap((dir) => [
        readIfPresent(`${dir}/blkio.throttle.write_bps_device`),
        readIfPresent(`${dir}/io.max`),
      ]);
      expect(limits.join("")).toContain(String(MIB));
      expect(cgroup.stats().io).toBeInstanceOf(Map);
      cgroup.set({ blockIO: { throttleWriteBpsDevice: [{ major, minor, rate: 0 }] } });
    });

    needs("blockIO")("takes a weight for disks", () => cgroup.set({ blockIO: { weight: 500 } }));

    needs("hugepageLimits")("limits huge pages", () => {
      cgroup.set({ hugepageLimits: [{ pageSize: "2MB", limit: 4 * MIB }] });
      expect(cgroup.stats().hugetlb?.get("2MB")).toEqual({ usageBytes: 0, limitHits: 0 });
      expect(() => cgroup.set({ hugepageLimits: [{ pageSize: "3MB", limit: 0 }] })).toThrow(/hugetlb.3MB/);
    });

    test("names file and value that the kernel refuses", () => {
      const [limit, value] = controllers.has("pids")
        ? [{ pids: { limit: 1.5 } }, "1.5"]
        : [{ unified: { "cgroup.type": "x" } }, "x"];
      expect(() => cgroup.set(limit)).toThrow(
        new RegExp(`Cannot write "${value}" to /.*/(pids.max|cgroup.type): EINVAL`),
      );
    });
  });

  describe(`${name}: writeFile()`, () => {
    needs("memory")("takes v1's names of memory files", () => {
      cgroup.writeFile("memory.limit_in_bytes", "32M");
      cgroup.writeFile("memory.memsw.limit_in_bytes", "64M");
      expect(cgroup.stats().memory?.limitBytes).toBe(32 * MIB);
    });

    needs("cpu")("takes v1's names of cpu files", async () => {
      cgroup.writeFile("cpu.shares", "512");
      cgroup.writeFile("cpu.cfs_period_us", "50000");
      cgroup.writeFile("cpu.cfs_quota_us", "5000");
      startInside("while :; do :; done");
      await until(() => cgroup.stats().cpu!.throttledPeriods >= 1);
    });

    needs("cpuset")("takes cpuset.cpus", () => cgroup.writeFile("cpuset.cpus", "0"));

    needs("devices")("takes v1's device rules, one at a time", async () => {
      cgroup.writeFile("devices.deny", "a");
      cgroup.writeFile("devices.allow", "c 1:3 rwm");
      cgroup.writeFile("devices.allow", "c 5:* rwm");
      expect(await exitCode(startInside("echo x > /dev/null"))).toBe(0);
      expect(await exitCode(startInside("head -c 1 /dev/zero"))).toBe(1);
      cgroup.writeFile("devices.allow", "c 1:5 r");
      expect(await exitCode(startInside("head -c 1 /dev/zero"))).toBe(0);
    });

    test("takes v1's freezer.state", async () => {
      const child = await startTrapping();
      cgroup.writeFile("freezer.state", "FROZEN");
      await expectFrozen(child);
      cgroup.writeFile("freezer.state", "THAWED");
      expect(await exitCode(child)).toBe(3);
    });

    test("refuses a file that is not there", () => {
      expect(() => cgroup.writeFile("memory.no_such_file", "1")).toThrow(/Cannot write "1" to .*memory.no_such_file/);
      expect(() => cgroup.writeFile("nothing.at_all", "1")).toThrow(/Cannot write "1" to nothing.at_all/);
      expect(() => cgroup.writeFile("memory./../../x", "1")).toThrow(/Cannot write "1" to/);
    });
  });

  describe(`${name}: freeze(), thaw()`, () => {
    test("stops processes and lets them go on", async () => {
      const child = await startTrapping();
      await cgroup.freeze();
      await expectFrozen(child);
      cgroup.thaw();
      expect(await exitCode(child)).toBe(3);
    });

    test("doesn't freeze the caller", async () => {
      const child = startNode(`
        cgroup.addProcess(process.pid);
        const refused = (error) => /this process is in it/.test(error.message);
        process.exit(await cgroup.freeze().then(() => 1, (error) => (refused(error) ? 0 : 2)));`);
      expect(await exitCode(child)).toBe(0);
    });
  });

  describe(`${name}: killAll()`, () => {
    test("kills processes that fork as fast as they can", async () => {
      if (controllers.has("pids")) cgroup.set({ pids: { limit: 50 } });
      // Each generation lives for a moment only; without the limit of pids there is one at a time.
      startInside(controllers.has("pids") ? "f() { f & f & }; f; f; f" : "f() { f & }; f");
      await until(() => cgroup.pids().length > 0);
      await cgroup.killAll();
      expect(cgroup.pids()).toEqual([]);
      await delay(50);
      expect(cgroup.pids()).toEqual([]);
    });

    test("kills the processes of children, and those that ignore signals", async () => {
      const below = open(`${cgroup.path}/child`);
      below.create();
      const child = startInside("trap '' TERM INT HUP; sleep 1000", below);
      await cgroup.killAll();
      expect(processExists(child.pid!)).toBe(false);
    });

    test("kills frozen processes", async () => {
      const child = startInside("exec sleep 1000");
      await cgroup.freeze();
      await cgroup.killAll();
      expect(await exitCode(child)).toBe("SIGKILL");
    });

    test("is fine with an empty cgroup and with none", async () => {
      await cgroup.killAll();
      await cgroup.delete();
      await cgroup.killAll();
    });
  });

  describe(`${name}: stats()`, () => {
    needs("memory")("counts memory, tasks and processor time", async () => {
      startInside("i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; exec sleep 1000");
      await until(() => cgroup.stats().cpu!.usageUs > 1000);
      const { cpu, memory, pids } = cgroup.stats();
      expect(memory?.usageBytes).toBeGreaterThan(0);
      expect(memory?.anonBytes).toBeGreaterThanOrEqual(0);
      expect(pids?.current).toBe(1);
      expect(cpu!.userUs + cpu!.systemUs).toBeLessThanOrEqual(cpu!.usageUs * 1.5 + 20_000);
    });

    needs("pressure")("reads pressure", () => {
      const { some } = cgroup.stats().pressure!.cpu!;
      expect(some).toEqual({
        avg10: expect.any(Number),
        avg60: expect.any(Number),
        avg300: expect.any(Number),
        total: expect.any(Number),
      });
    });
  });

  describe(`${name}: onOutOfMemory()`, () => {
    needs("memory")("tells of each kill, and of nothing after it is stopped", async () => {
      cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB } });
      let events = 0;
      const stop = cgroup.onOutOfMemory(() => events++);
      expect(await exitCode(startInside("exec tail /dev/zero"))).toBe("SIGKILL");
      await until(() => events === 1);
      expect(await exitCode(startInside("exec tail /dev/zero"))).toBe("SIGKILL");
      await until(() => events === 2);
      stop();
      expect(await exitCode(startInside("exec tail /dev/zero"))).toBe("SIGKILL");
      await until(() => cgroup.stats().memory?.oomKills === 3);
      expect(events).toBe(2);
    });

    needs("disableOOMKiller")("tells that processes wait where the killer is disabled", async () => {
      cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB, disableOOMKiller: true } });
      let events = 0;
      const stop = cgroup.onOutOfMemory(() => events++);
      const child = startInside("exec tail /dev/zero");
      await until(() => events === 1);
      stop();
      expect(processExists(child.pid!)).toBe(true);
      expect(cgroup.stats().memory?.oomKills).toBe(0);
    });

    needs("memory")("doesn't keep a program from exiting", async () => {
      const child = startNode("cgroup.onOutOfMemory(() => {}); setTimeout(() => process.exit(7), 50);");
      expect(await exitCode(child)).toBe(7);
    });

    needs("memory")("tells only those whose cgroup it was", async () => {
      const other = open(`${parent}/other`);
      other.create();
      cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB } });
      let events = 0;
      const stops = [cgroup.onOutOfMemory(() => events++), other.onOutOfMemory(() => (events += 100))];
      await exitCode(startInside("exec tail /dev/zero"));
      await until(() => events > 0);
      for (const stop of stops) stop();
      await other.delete();
      expect(events).toBe(1);
    });
  });
}

/** Waits until something holds: of the kernel's counters, which tell of no change. */
async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`Waited 30 s in vain until ${holds}`);
    await delay(5);
  }
}

/** The numbers of a disk (not of a partition: those have no limits). */
function firstDisk(): [number, number] {
  const partitions = readFileSync("/proc/partitions", "utf8").trim().split("\n").slice(2);
  const disk = partitions
    .map((line) => line.trim().split(/\s+/))
    .find(([, , , name]) => existsSync(`/sys/block/${name}`));
  if (disk === undefined) throw new Error("Cannot find a disk in /proc/partitions");
  return [Number(disk[0]), Number(disk[1])];
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
