/** `--systemd-cgroup`, with a genuine systemd. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isSystemdRunning } from "@eras/cgroups/systemd/manager.ts";
import { GenuineSystemd, missingForSystemd } from "@eras/cgroups/testsuite/genuine-systemd.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GENUINE, message, missing, OURS, type Runtime, runtime } from "../testsuite/on-bundle.ts";
import { cgroupOwner } from "./cgroup-owner.ts";
import type { ContainerState } from "./state.ts";

const MIB = 1024 * 1024;

describe("cgroupOwner()", () => {
  const view = (options: readonly string[]) => ({
    type: "cgroup",
    source: "cgroup",
    destination: "/sys/fs/cgroup/",
    options,
  });
  const mapped = { uidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }], gidMappings: [] };
  test.each([
    ["the host's user, where it may be written", ["rw"], [{ type: "cgroup" }, { type: "user" }], 100_007],
    ["the same user, without a user namespace", ["rw"], [{ type: "cgroup" }], 7],
    ["nobody else, where it may not", ["ro"], [{ type: "cgroup" }, { type: "user" }], undefined],
    [
      "nobody else, where the namespace is another's",
      ["rw"],
      [{ type: "cgroup", path: "/x" }, { type: "user" }],
      undefined,
    ],
    ["nobody else, where it begins above", ["rw"], [{ type: "user" }], undefined],
  ] as const)("is %s", (_who, options, namespaces, owner) => {
    const process = { args: ["sh"], cwd: "/", user: { uid: 7, gid: 7 } };
    const spec: Spec = { ociVersion: "1.0.2", process, mounts: [view(options)], linux: { ...mapped, namespaces } };
    expect(cgroupOwner(spec)).toBe(owner);
  });
});

describe.skipIf(isSystemdRunning() || missing)(`without systemd${missing ? ` (needs ${missing})` : ""}`, () => {
  test("is refused in runc's words", () => {
    const [ours, genuine] = [OURS, GENUINE].map((program) => {
      const { call, bundle, id } = runtime(program);
      return message(call("--systemd-cgroup", "create", "-b", bundle, id));
    });
    expect(ours).toBe("runc create failed: systemd not running on this host, cannot use systemd cgroups manager");
    expect(ours).toBe(genuine);
  });
});

describe.skipIf(missingForSystemd.length > 0)(`under systemd (needs ${missingForSystemd.join(", ")})`, () => {
  let systemd: GenuineSystemd;
  beforeAll(async () => {
    systemd = new GenuineSystemd();
    (await systemd.start()).close();
  });
  afterAll(() => systemd.stop());

  /** Of a user, as this systemd is one: `--rootless true`. */
  function call({ root, bundle }: Runtime, ...args: string[]): string {
    const log = join(bundle, "log");
    const words = [OURS, "--root", root, "--log", log, "--systemd-cgroup", "--rootless", "true", ...args];
    try {
      return systemd.run("sh", ["-c", '"$@" > $0/out 2>&1', bundle, ...words]) + readFileSync(`${bundle}/out`, "utf8");
    } catch (error) {
      throw new Error(readFileSync(log, "utf8"), { cause: error });
    }
  }

  const stateOf = ({ root, id }: Runtime) =>
    JSON.parse(readFileSync(join(root, id, "state.json"), "utf8")) as ContainerState;

  const bundle = () =>
    runtime(OURS, (spec) => ({
      ...spec,
      annotations: { "org.systemd.property.TimeoutStopUSec": "uint64 2000000" },
      linux: {
        ...spec.linux,
        cgroupsPath: "machine-test.slice:eras:web",
        resources: { memory: { limit: 64 * MIB }, pids: { limit: 77 } },
      },
    }));

  test("makes a unit around the container, limits it and removes it", () => {
    const container = bundle();
    call(container, "run", "-d", "-b", container.bundle, container.id);
    const { config, cgroup_paths: paths, init_process_pid: pid } = stateOf(container);
    expect(config.cgroups).toEqual({ path: "machine-test.slice:eras:web", Systemd: true, Rootless: true });
    const unit = { ActiveState: ["active"], Slice: ["machine-test.slice"], TasksMax: ["77"], TimeoutStopUSec: ["2s"] };
    expect(systemd.show("eras-web.scope", Object.keys(unit))).toEqual(unit);
    const below = `${systemd.cgroup}/machine.slice/machine-test.slice/eras-web.scope`;
    const memberships = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");
    expect(memberships.filter((line) => !line.endsWith(below))).toEqual([]);
    const exec = ["exec", container.id, "/bin/busybox", "grep", "-c", below, "/proc/self/cgroup"];
    expect(call(container, ...exec).trim()).toBe(String(memberships.length));
    call(container, "kill", container.id, "KILL");
    call(container, "delete", "--force", container.id);
    expect(Object.values(paths).filter((dir) => existsSync(dir))).toEqual([]);
    expect(systemd.show("eras-web.scope", ["ActiveState"])).toEqual({ ActiveState: ["inactive"] });
  });

  test("leaves no process behind when the unit can't be made", () => {
    const [first, second] = [bundle(), bundle()];
    call(first, "run", "-d", "-b", first.bundle, first.id);
    expect(() => call(second, "create", "-b", second.bundle, second.id)).toThrow(/eras-web\.scope/);
    expect(existsSync(join(second.root, second.id))).toBe(false);
    expect(spawnSync("pgrep", ["-f", second.id]).status).toBe(1);
    call(first, "delete", "--force", first.id);
  });

  test("refuses a path that names no unit", () => {
    const container = runtime(OURS, (spec) => ({ ...spec, linux: { ...spec.linux, cgroupsPath: "/web" } }));
    expect(() => call(container, "create", "-b", container.bundle, container.id)).toThrow(
      'expected cgroupsPath to be of format \\"slice:prefix:name\\"',
    );
  });
});
