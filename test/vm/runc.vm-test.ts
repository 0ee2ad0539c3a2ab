/**
 * runc of 2019 where all control groups are v2, AppArmor is on, and root has all capabilities: what this needs of a kernel, and of a
 * machine, that the ordinary suite may not have. ERAS_RUNTIME=/usr/sbin/runc tests the tests. A call is a second's work under emulation.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually, message, type Runtime, runtime, start } from "@eras/docker-2019/runc/testsuite/on-bundle.ts";
import { CAPABILITIES } from "@eras/linux/capabilities.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import { withCgroupNamespace } from "@eras/oci-spec/runtime/defaults.ts";
import { expect, test } from "vitest";
import { RUNTIME } from "../harness/runtime-under-test.ts";

const CGROUPS = "/sys/fs/cgroup";
const MIB = 1024 * 1024;
const PROFILE = "docker-eras-runc-test";
const EXEC_PROFILE = "docker-eras-runc-test-exec";

/** A container that runs a script, with a cgroup namespace, as `runc spec` has it here. */
function container(script: string, change: (spec: Spec) => Spec = (spec) => spec): Runtime {
  return runtime(RUNTIME.path, (spec) =>
    change({
      ...withCgroupNamespace(spec),
      process: { ...spec.process!, args: ["sh", "-c", script] },
    }),
  );
}

function withResources(resources: LinuxResources): (spec: Spec) => Spec {
  return (spec) => ({ ...spec, linux: { ...spec.linux, resources } });
}

const run = ({ call, bundle, id }: Runtime) => call("run", "--bundle", bundle, id);

/** The container's cgroup is called as the container, at the top. */
const cgroupOf = ({ id }: Runtime) => join(CGROUPS, id);
const control = (of: Runtime, file: string) => readFileSync(join(cgroupOf(of), file), "utf8").trimEnd();

test("runs a command, which sees a tree of control groups that begins with its own", () => {
  const script = `
    cat /proc/self/cgroup /sys/fs/cgroup/memory.max
    mkdir /sys/fs/cgroup/below
    exit 3`;
  const limited = container(script, withResources({ memory: { limit: 64 * MIB } }));
  const { status, stdout, stderr } = run(limited);
  expect([status, stdout]).toEqual([3, `0::/\n${64 * MIB}\n`]);
  expect(stderr).toBe("mkdir: can't create directory '/sys/fs/cgroup/below': Read-only file system\n");
  expect(existsSync(cgroupOf(limited))).toBe(false);
});

test("executes in a part of the cgroup, beside the init, when the container has divided it", async () => {
  const script = `
    cd /sys/fs/cgroup && mkdir part && echo 1 > part/cgroup.procs && echo +memory > cgroup.subtree_control
    exec sleep 1000`;
  const divided = container(script, (spec) => ({
    ...spec,
    mounts: spec.mounts!.map((mount) =>
      mount.type === "cgroup" ? { ...mount, options: mount.options!.filter((option) => option !== "ro") } : mount,
    ),
  }));
  start(divided);
  await eventually(() => control(divided, "cgroup.subtree_control")).toBe("memory");
  const { stdout, stderr } = divided.call("exec", divided.id, "sh", "-c", "cat /proc/self/cgroup");
  expect({ stdout, stderr }).toEqual({ stdout: "0::/part\n", stderr: "" });
});

test("limits, executes in, pauses, updates, measures, kills and deletes a container", async () => {
  const before = readdirSync(CGROUPS);
  const one = container(
    "exec sleep 1000",
    withResources({
      memory: { limit: 64 * MIB, swap: 96 * MIB, reservation: 16 * MIB },
      cpu: { shares: 512, quota: 50_000, period: 100_000, cpus: "0" },
      pids: { limit: 20 },
      blockIO: { weight: 300, throttleReadBpsDevice: [{ major: 1, minor: 0, rate: 1_000_000 }] },
      unified: { "memory.high": String(48 * MIB) },
    }),
  );
  const call = (...args: string[]) => one.call(...args, one.id);
  start(one);
  const limits = ["memory.max", "memory.swap.max", "memory.low", "memory.high", "cpu.weight", "cpu.max", "cpuset.cpus"];
  const values = () => [...limits, "pids.max", "io.weight"].map((file) => control(one, file));
  expect(values()).toEqual(
    [64 * MIB, 32 * MIB, 16 * MIB, 48 * MIB, 20, "50000 100000", 0, 20, "default 2930"].map(String),
  );
  expect(control(one, "io.max")).toBe("1:0 rbps=1000000 wbps=max riops=max wiops=max");

  const script = "cat /proc/self/cgroup; exit 5";
  expect(one.call("exec", one.id, "sh", "-c", script)).toMatchObject({ status: 5, stdout: "0::/\n", stderr: "" });

  expect(call("pause").status).toBe(0);
  expect(control(one, "cgroup.freeze")).toBe("1");
  expect(JSON.parse(call("state").stdout)).toMatchObject({ status: "paused" });
  expect(message(one.call("exec", one.id, "true"))).toContain("cannot exec in a paused container");
  expect(call("resume").status).toBe(0);

  const more = ["--memory", String(128 * MIB), "--memory-swap", "-1", "--cpu-share", "1024", "--cpu-quota", "-1"];
  expect(call("update", ...more, "--pids-limit", "-1", "--blkio-weight", "500").status).toBe(0);
  expect(values()).toEqual(
    [128 * MIB, "max", 16 * MIB, 48 * MIB, 39, "max 100000", 0, "max", "default 4950"].map(String),
  );

  const { type, data } = JSON.parse(call("events", "--stats").stdout);
  expect([type, data.memory.usage.limit, data.pids.current]).toEqual(["stats", 128 * MIB, 1]);
  expect(data.cpu.usage.total).toBeGreaterThan(0);

  expect(call("kill").status).toBe(0); // SIGTERM, of which PID 1 of a namespace doesn't die
  expect(one.call("kill", one.id, "KILL").status).toBe(0);
  await eventually(() => JSON.parse(call("state").stdout).status).toBe("stopped");
  expect(call("delete").status).toBe(0);
  expect(readdirSync(CGROUPS)).toEqual(before);
});

test("tells of a container that ran out of memory", async () => {
  const limit = withResources({ memory: { limit: 32 * MIB, swap: 32 * MIB } });
  const greedy = container("mkfifo /tmp/go; read line < /tmp/go; exec tail /dev/zero", limit);
  start(greedy);
  const fifo = join(greedy.bundle, "rootfs/tmp/go");
  await eventually(() => existsSync(fifo)).toBe(true);
  const events = spawn(greedy.program, ["--root", greedy.root, "events", "--interval", "1s", greedy.id]);
  const types: string[] = [];
  const firstEvent = Promise.withResolvers<void>();
  createInterface({ input: events.stdout }).on("line", (line) => {
    types.push(JSON.parse(line).type);
    firstEvent.resolve();
  });
  await firstEvent.promise; // it listens
  writeFileSync(fifo, "go\n");
  await once(events, "close");
  expect(types).toContain("oom");
  expect(control(greedy, "memory.events")).toContain("oom_kill 1\n");

  expect(run(container("exec tail /dev/zero", limit)).status).toBe(128 + 9);
});

test("lets a container use the devices of its rules, as the last of them has it, and no others", () => {
  const script = `
    cd /tmp
    mknod mem c 1 1; mknod kmsg c 1 11; mknod ram b 1 0
    for device in mem ram; do head -c 1 $device > /dev/null; done
    for device in kmsg ram; do true >> $device; done
    echo x > /dev/null && head -c 1 /dev/zero | wc -c`;
  const devices = [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 1, minor: 11, access: "rwm" },
    { allow: true, type: "b", major: 1, minor: 0, access: "rwm" },
    { allow: false, type: "b", major: 1, minor: 0, access: "w" },
  ] as const;
  const capabilities = { bounding: ["CAP_MKNOD"], permitted: ["CAP_MKNOD"], effective: ["CAP_MKNOD"] };
  const { status, stdout, stderr } = run(
    container(script, (spec) => withResources({ devices })({ ...spec, process: { ...spec.process!, capabilities } })),
  );
  const refused = "head: mem: Operation not permitted\nsh: can't create ram: Operation not permitted\n";
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "1\n", stderr: refused });
});

/** The second is less strict than the first. */
function loadProfiles(): void {
  const flags = "flags=(attach_disconnected,mediate_deleted)";
  const input = `
    profile ${PROFILE} ${flags} { file, capability, network, signal, deny /tmp/secret r, }
    profile ${EXEC_PROFILE} ${flags} { file, capability, network, signal, }`;
  execFileSync("apparmor_parser", ["--add"], { input });
}

test("confines a container, and what is executed in it, with AppArmor", () => {
  loadProfiles();
  const confine = (apparmorProfile: string) => (spec: Spec) => ({
    ...spec,
    process: { ...spec.process!, apparmorProfile },
  });
  const one = container("echo hush > /tmp/secret; exec sleep 1000", confine(PROFILE));
  start(one);
  const script = "while [ ! -s /tmp/secret ]; do sleep 0.1; done; cat /proc/self/attr/current /tmp/secret";
  const execute = (...flags: string[]) => one.call("exec", ...flags, one.id, "sh", "-c", script);
  const file = join(one.bundle, "process.json"); // as a shim writes it, without a word of the profile
  const user = { uid: 0, gid: 0 };
  writeFileSync(file, JSON.stringify({ args: ["sh", "-c", script], cwd: "/", user, env: ["PATH=/bin"] }));
  expect(one.call("exec", "--process", file, one.id)).toMatchObject({
    status: 1,
    stdout: `${PROFILE} (enforce)\n`,
    stderr: "cat: can't open '/tmp/secret': Permission denied\n",
  });
  expect(execute("--apparmor", EXEC_PROFILE)).toMatchObject({ status: 0, stdout: `${EXEC_PROFILE} (enforce)\nhush\n` });

  const missing = execute("--apparmor", "docker-eras-missing");
  expect([missing.status, missing.stdout]).toEqual([255, ""]);
  expect(message(missing)).toContain("apparmor failed to apply profile");
  const unmade = run(container("echo runs", confine("docker-eras-missing")));
  expect([unmade.status, unmade.stdout]).toEqual([1, ""]);
  expect(message(unmade)).toContain("apparmor failed to apply profile");
});

test("gives a container all capabilities, and limits and a score that need CAP_SYS_RESOURCE", () => {
  const all = Object.keys(CAPABILITIES).map((name) => `CAP_${name.toUpperCase()}`);
  const script = `
    sed -n 's/^Cap[A-Z][a-z]*:.//p' /proc/self/status
    ulimit -Hn; cat /proc/self/oom_score_adj
    mount -t tmpfs none /tmp && echo mounted`;
  const { status, stdout, stderr } = run(
    container(script, (spec) => ({
      ...spec,
      process: {
        ...spec.process!,
        capabilities: { bounding: all, permitted: all, effective: all, inheritable: all, ambient: all },
        rlimits: [{ type: "RLIMIT_NOFILE", soft: 1024, hard: 1_000_000 }],
        oomScoreAdj: -500,
      },
    })),
  );
  const set = (2n ** BigInt(all.length) - 1n).toString(16).padStart(16, "0");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.split("\n")).toEqual([set, set, set, set, set, "1000000", "-500", "mounted", ""]);
});
