/** The namespaces of a container: made new, or joined where others are. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { namespaceId, namespacePath } from "@eras/linux/namespaces.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxNamespace, LinuxNamespaceType } from "@eras/oci-spec/runtime/config-linux.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { missing, OURS, type Runtime, runtime } from "../testsuite/on-bundle.ts";
import { outcome } from "../testsuite/outcome.ts";
import { KINDS } from "./namespaces.ts";

const RANGE = [{ containerID: 0, hostID: 300_000, size: 65_536 }];

type Linux = NonNullable<Spec["linux"]>;

/** A running container with these namespaces. The mount namespace is always its own. */
function container(namespaces: readonly LinuxNamespace[], more: Partial<Linux> = {}): Runtime {
  const made = runtime(OURS, (spec) => {
    const { hostname: _, ...rest } = spec;
    const all = [{ type: "mount" as const }, ...namespaces.filter(({ type }) => type !== "mount")];
    const has = (type: string) => all.some((namespace) => namespace.type === type);
    const mounts = spec.mounts!.filter(({ type }) => type !== "sysfs" && type !== "cgroup");
    return {
      ...rest,
      mounts: has("ipc") ? mounts : mounts.filter(({ type }) => type !== "mqueue"),
      linux: { namespaces: all, ...more },
    };
  });
  chmodSync(join(made.bundle, ".."), 0o711); // for root of a user namespace, who is a stranger here
  expect(outcome(made, ["run", "--detach", made.id])).toEqual({ status: 0, stdout: "", stderr: "" });
  return made;
}

const pidOf = (made: Runtime) => JSON.parse(outcome(made, ["state", made.id]).stdout).pid as number;

function inside(made: Runtime, ...args: string[]): string {
  const { status, stdout, stderr } = outcome(made, ["exec", made.id, "/bin/busybox", ...args]);
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.trim();
}

/** Sleeps in new namespaces that it does not share with anybody. */
async function stranger(): Promise<ChildProcess & { readonly pid: number }> {
  const flags = ["--mount", "--net", "--uts", "--ipc", "--cgroup"];
  const child = spawn("unshare", [...flags, "sh", "-c", "hostname stranger; echo ready; exec sleep 1000"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child as ChildProcess & { readonly pid: number };
}

describe.skipIf(missing)(`the namespaces of a container${missing ? ` (needs ${missing})` : ""}`, () => {
  const TYPES = Object.keys(KINDS) as LinuxNamespaceType[];

  test.each(TYPES)("%s: is new where it is asked for, and else is runc's", (type) => {
    // Only who owns the PID namespace may mount its /proc.
    const asked: LinuxNamespaceType[] = type === "user" ? ["user", "pid"] : [type];
    const mappings = type === "user" ? { uidMappings: RANGE, gidMappings: RANGE } : {};
    const made = container(
      asked.map((each) => ({ type: each })),
      mappings,
    );
    const pid = pidOf(made);
    const isNew = Object.entries(KINDS).filter(([, kind]) => namespaceId(pid, kind) !== namespaceId("self", kind));
    expect(isNew.map(([name]) => name).sort()).toEqual([...new Set([...asked, "mount"])].sort());
  });

  test("are all new at once", () => {
    const made = container(
      TYPES.map((type) => ({ type })),
      { uidMappings: RANGE, gidMappings: RANGE },
    );
    const pid = pidOf(made);
    for (const kind of Object.values(KINDS)) expect(namespaceId(pid, kind)).not.toBe(namespaceId("self", kind));
    expect(inside(made, "readlink", "/proc/self/ns/user")).toBe(readlinkSync(`/proc/${pid}/ns/user`));
    expect(inside(made, "cat", "/proc/1/uid_map").split(/\s+/)).toEqual(["0", "300000", "65536"]);
  });

  test("are joined by path: somebody's network, name, IPC and cgroup root", async () => {
    const { pid: other } = await stranger();
    const types = ["network", "uts", "ipc", "cgroup"] as const;
    const made = container([
      ...types.map((type) => ({ type, path: namespacePath(other, KINDS[type]) })),
      { type: "pid" },
    ]);
    const pid = pidOf(made);
    for (const type of types) expect(namespaceId(pid, KINDS[type])).toBe(namespaceId(other, KINDS[type]));
    expect(inside(made, "hostname")).toBe("stranger");
  });

  test("are joined by path: those of another container, as in a pod", () => {
    const first = container(
      TYPES.map((type) => ({ type })),
      { uidMappings: RANGE, gidMappings: RANGE },
    );
    const firstPid = pidOf(first);
    const types = ["user", "pid", "network", "uts", "ipc", "time"] as const;
    const second = container(types.map((type) => ({ type, path: namespacePath(firstPid, KINDS[type]) })));
    const pid = pidOf(second);
    for (const type of types) expect(namespaceId(pid, KINDS[type])).toBe(namespaceId(firstPid, KINDS[type]));
    expect(inside(second, "readlink", "/proc/1/ns/pid")).toBe(inside(first, "readlink", "/proc/1/ns/pid"));
    expect(inside(first, "ps", "-o", "args").match(/sleep 1000/g)).toHaveLength(2);
  });

  test("are joined by path: a mount namespace, which gets the container's root, and keeps its own mounts out of the host's", async () => {
    const { pid: other } = await stranger();
    const path = namespacePath(other, "mnt");
    const made = runtime(OURS, (spec) => ({
      ...spec,
      linux: {
        ...spec.linux,
        namespaces: [{ type: "mount", path }, { type: "pid" }, { type: "uts" }, { type: "ipc" }],
      },
    }));
    expect(outcome(made, ["run", "--detach", made.id])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(namespaceId(pidOf(made), "mnt")).toBe(namespaceId(other, "mnt"));
    expect(existsSync(`/proc/${other}/root/bin/busybox`)).toBe(true); // pivot_root takes everybody along whose root it was
    expect(existsSync(`/proc/${other}/root/usr`)).toBe(false);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(made.bundle);
  });

  test("end together, where they share the one of PIDs", async () => {
    const first = container([{ type: "pid" }]);
    const second = container([{ type: "pid", path: namespacePath(pidOf(first), "pid") }]);
    outcome(first, ["kill", first.id, "KILL"]);
    await expect.poll(() => outcome(second, ["state", second.id]).stdout, { timeout: 10_000 }).toContain("stopped");
  });

  test("leave nobody behind, where they share the one of PIDs", async () => {
    const first = container([{ type: "pid" }]);
    for (const command of ["kill", "delete"]) {
      const second = container([{ type: "pid", path: namespacePath(pidOf(first), "pid") }]);
      outcome(second, ["exec", "--detach", second.id, "sleep", "1000"]);
      process.kill(pidOf(second), "SIGKILL");
      const state = () => JSON.parse(outcome(second, ["state", second.id]).stdout).status;
      await expect.poll(state, { timeout: 10_000 }).toBe("stopped");
      const args = command === "kill" ? ["kill", second.id, "KILL"] : ["delete", second.id];
      expect(outcome(second, args)).toEqual({ status: 0, stdout: "", stderr: "" });
    }
    expect(inside(first, "ps", "-o", "args").match(/sleep 1000/g)).toHaveLength(1);
  });

  test.each<[string, LinuxNamespace[]]>([
    ["", []],
    [", owned by a user namespace", [{ type: "user" }]],
  ])("have their own time%s", (_owner, more) => {
    const made = container([{ type: "time" }, { type: "pid" }, ...more], {
      timeOffsets: { boottime: { secs: 1_000_000, nanosecs: 0 } },
      ...(more.length > 0 && { uidMappings: RANGE, gidMappings: RANGE }),
    });
    const uptime = Number(inside(made, "cat", "/proc/uptime").split(".")[0]);
    const ours = Number(readFileSync("/proc/uptime", "utf8").split(".")[0]);
    expect(uptime - ours).toBeGreaterThan(999_990);
  });

  test.each([
    ["there is none", "/nothing", "failed to open network namespace /nothing: no such file or directory"],
    [
      "it is of another kind",
      "/proc/self/ns/uts",
      "failed to setns into network namespace /proc/self/ns/uts: invalid argument",
    ],
  ])("are told of when %s at a path", (_what, path, text) => {
    const made = runtime(OURS, (spec) => ({
      ...spec,
      linux: { namespaces: [{ type: "mount" }, { type: "uts" }, { type: "ipc" }, { type: "network", path }] },
    }));
    const { status, stderr } = outcome(made, ["create", made.id]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(text)]);
  });
});
