import { describe, expect, test } from "vitest";
import { type World, worldAt } from "./page/world.ts";
import type { ShownEvent } from "./recorded-run.ts";

const CLONE_NEWNS_NEWPID = 0x20020000;
const [SHELL, RUNC, STAGE, INIT] = [1, 10, 11, 12];
const [PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER] = [24, 36];

let seq = 0;
function event(pid: number, ppid: number, actor: string, rest: Partial<ShownEvent>): ShownEvent {
  return { seq: seq++, t_ns: seq, actor, pid, ppid, span: `span ${pid}`, kind: "point", name: actor, ...rest };
}
const call = (pid: number, ppid: number, actor: string, name: string, args: unknown[], result = 0): ShownEvent =>
  event(pid, ppid, actor, { kind: "kernel", name, args: { args, result } });

/** What a runtime does, in short: a stage of it unshares, the init is born inside, is orphaned, and becomes a program. */
const RUN: ShownEvent[] = [
  event(RUNC, SHELL, "runc", { kind: "begin", args: { argv: ["run"] } }),
  event(RUNC, SHELL, "runc", {
    args: { resources: { pids: { limit: 5 } } },
    object: { type: "cgroup", id: "/sys/fs/cgroup/pids/box", change: "create" },
  }),
  call(RUNC, SHELL, "runc", "prctl", [PR_SET_CHILD_SUBREAPER, 1]),
  call(RUNC, SHELL, "runc", "clone", [17], STAGE),
  event(STAGE, RUNC, "stage", { kind: "begin" }),
  event(STAGE, RUNC, "stage", { object: { type: "cgroup", id: "/sys/fs/cgroup/pids/box", change: "change" } }),
  call(STAGE, RUNC, "stage", "unshare", [CLONE_NEWNS_NEWPID]),
  call(STAGE, RUNC, "stage", "clone", [17], INIT),
  event(STAGE, RUNC, "stage", { kind: "end" }),
  event(INIT, STAGE, "init", { kind: "begin" }),
  event(INIT, STAGE, "init", { name: "runc.mount", args: { destination: "/proc" } }),
  call(INIT, STAGE, "init", "mount", ["proc", "/proc/self/fd/4", "proc", 14, null]),
  call(INIT, STAGE, "init", "prctl", [PR_CAPBSET_DROP, 21]),
  call(INIT, STAGE, "init", "pivot_root", [".", "."]),
  call(INIT, STAGE, "init", "execve", ["/bin/echo", "echo hello"]),
  event(INIT, STAGE, "init", { kind: "end" }),
  event(RUNC, SHELL, "runc", { name: "exit", args: { pid: INIT, status: 0 } }),
  event(RUNC, SHELL, "runc", { kind: "end" }),
];

function after(name: string, pid: number): World {
  return worldAt(
    RUN,
    RUN.findIndex((e) => (e.name === name || e.kind === name) && e.pid === pid),
  );
}

const alive = (world: World) => [...world.processes.values()].filter(({ isAlive }) => isAlive).map(({ name }) => name);

describe("worldAt()", () => {
  test("has the namespaces that a process has unshared, that of pids for its children alone", () => {
    expect([...after("unshare", STAGE).processes.get(STAGE)!.namespaces.values()]).toEqual(["mnt 1"]);
    expect([...after("clone", STAGE).processes.get(INIT)!.namespaces.values()]).toEqual(["mnt 1", "pid 1"]);
  });
  test("gives an orphan to the subreaper above it", () => {
    const { processes } = after("end", STAGE);
    expect(processes.get(STAGE)!.isAlive).toBe(false);
    expect(processes.get(INIT)).toMatchObject({ isAlive: true, parent: RUNC, adoptedBy: RUNC });
    expect(after("begin", INIT).processes.get(INIT)).toMatchObject({ parent: RUNC, adoptedBy: RUNC });
  });
  test("mounts where the step says, in the process's own namespace", () => {
    expect(after("mount", INIT).mounts).toMatchObject([{ target: "/proc", type: "proc", namespace: "mnt 1" }]);
  });
  test("keeps limits, and who they hold for: children too", () => {
    const { cgroups, processes } = after("begin", INIT);
    expect([...cgroups.values()][0]?.limits).toEqual([["pids.limit", "5"]]);
    expect(processes.get(INIT)!.cgroup).toBe("/sys/fs/cgroup/pids/box");
  });
  test("shows the init as the program that it has become, until somebody tells of its end", () => {
    expect(alive(after("end", INIT))).toEqual(["runc", "echo"]);
    expect(alive(after("exit", RUNC))).toEqual(["runc"]);
  });
  test("knows what the last event has changed", () => {
    expect([...after("pivot_root", INIT).changed]).toEqual(["root mnt 1"]);
    expect([...after("prctl", INIT).changed]).toEqual([`process ${INIT}`]);
    expect([...after("prctl", INIT).processes.get(INIT)!.dropped]).toEqual([21]);
  });
  test("does nothing for a call that the kernel has refused", () => {
    const refused = { ...call(INIT, 1, "init", "mount", ["a", "/a", "tmpfs", 0, null], -1), args: { errno: 1 } };
    expect(worldAt([...RUN, refused], RUN.length).mounts).toHaveLength(1);
  });
});
