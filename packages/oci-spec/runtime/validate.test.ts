import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { InvalidArgument } from "../errdefs.ts";
import { stringifyJson } from "../exact-json.ts";
import { InvalidDocument } from "../findings.ts";
import { defaultSpec, formatSpec } from "./defaults.ts";
import { parseProcess, parseResources, parseSpec } from "./parse.ts";

/** JSON that is free to be wrong. */
type Draft = { [key: string]: Draft };

/** The default config.json with changes. What is undefined is left out. */
function draft(change: (spec: Draft) => void): string {
  const spec: Draft = JSON.parse(formatSpec(defaultSpec()));
  change(spec);
  return stringifyJson(spec);
}

/** Sets members along dotted paths: `with({ "linux.namespaces": [] })`. */
function having(values: Record<string, unknown>): string {
  return draft((spec) => {
    for (const [path, value] of Object.entries(values)) {
      const keys = path.split(".");
      const last = keys.pop()!;
      const owner = keys.reduce((object, key) => {
        object[key] ??= {};
        return object[key];
      }, spec);
      Object.assign(owner, { [last]: value });
    }
  });
}

/** Everything that is wrong with a config.json, one sentence each. */
function problems(json: string): string[] {
  try {
    parseSpec(json);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidDocument)) throw error;
    return error.problems.map(({ path, reason }) => `${path}: ${reason}`);
  }
}

const NAMESPACES = ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type }));
const without = (type: string) => NAMESPACES.filter((namespace) => namespace.type !== type);
const MAPPING = { containerID: 0, hostID: 100_000, size: 65_536 };

/** What is set, and what is wrong with it. */
// biome-ignore format: a table
const REFUSED: readonly [values: Record<string, unknown>, problem: string][] = [
  [{ ociVersion: undefined }, "ociVersion: missing"],
  [{ ociVersion: 1 }, "ociVersion: 1 is not a string"],
  [{ ociVersion: "1" }, 'ociVersion: "1" is not a version'],
  [{ ociVersion: "2.0.0" }, 'ociVersion: "2.0.0" is not a version 1.x'],
  [{ process: undefined }, "process: missing"],
  [{ process: [] }, "process: a list is not an object"],
  [{ "process.args": undefined }, "process.args: missing"],
  [{ "process.args": "sh" }, 'process.args: "sh" is not a list'],
  [{ "process.args": [] }, "process.args: empty: there is no program to run"],
  [{ "process.args": ["sh", 5] }, "process.args[1]: 5 is not a string"],
  [{ "process.args": ["a\0b"] }, 'process.args[0]: "a\\u0000b" contains a NUL'],
  [{ "process.cwd": undefined }, "process.cwd: missing"],
  [{ "process.cwd": "tmp" }, 'process.cwd: "tmp" is not an absolute path'],
  [{ "process.terminal": "yes" }, 'process.terminal: "yes" is not true or false'],
  [{ "process.env": ["PATH"] }, 'process.env[0]: "PATH" is not NAME=value'],
  [{ "process.env": ["=x"] }, 'process.env[0]: "=x" is not NAME=value'],
  [{ "process.user.uid": -1 }, "process.user.uid: -1 is less than 0"],
  [{ "process.user.uid": 4294967296 }, "process.user.uid: 4294967296 is more than 4294967295"],
  [{ "process.user.uid": 1.5 }, "process.user.uid: 1.5 is not an integer"],
  [{ "process.user.additionalGids": [1, "2"] }, 'process.user.additionalGids[1]: "2" is not a number'],
  [{ "process.consoleSize": { height: 1 } }, "process.consoleSize.width: missing"],
  [{ "process.oomScoreAdj": 1001 }, "process.oomScoreAdj: 1001 is more than 1000"],
  [{ "process.rlimits": [{ type: "RLIMIT_FOO", soft: 1, hard: 1 }] }, 'process.rlimits[0].type: "RLIMIT_FOO" is not a resource limit'],
  [{ "process.rlimits": [{ type: "RLIMIT_CPU", soft: 2, hard: 1 }] }, "process.rlimits[0].soft: 2 is more than the hard limit, 1"],
  [{ "process.rlimits": [{ type: "RLIMIT_CPU", soft: 2n ** 64n - 1n, hard: 1 }] }, "process.rlimits[0].soft: 18446744073709551615 is more than the hard limit, 1"],
  [{ "process.rlimits": [{ type: "RLIMIT_CPU", soft: 1, hard: 2n ** 64n }] }, "process.rlimits[0].hard: 18446744073709551616 is more than 18446744073709551615"],
  [{ "process.rlimits": [{ type: "RLIMIT_CPU", soft: 1, hard: 1 }, { type: "RLIMIT_CPU", soft: 1, hard: 1 }] }, 'process.rlimits[1].type: "RLIMIT_CPU" is there twice'],
  [{ "process.capabilities": ["CAP_KILL"] }, "process.capabilities: a list is not an object"],
  [{ "process.scheduler": { policy: "SCHED_OTHER", priority: 5 } }, "process.scheduler.priority: SCHED_OTHER has no priority"],
  [{ "process.scheduler": { policy: "SCHED_FIFO", runtime: 5 } }, "process.scheduler.runtime: SCHED_FIFO has no runtime"],
  [{ "process.scheduler": { policy: "SCHED_BATCH", nice: 20 } }, "process.scheduler.nice: 20 is more than 19"],
  [{ "process.ioPriority": { class: "IOPRIO_CLASS_BE", priority: 8 } }, "process.ioPriority.priority: 8 is more than 7"],
  [{ "process.execCPUAffinity": { initial: "0-" } }, 'process.execCPUAffinity.initial: "0-" is not a list such as 0-2,7'],
  [{ root: undefined }, "root: missing"],
  [{ root: {} }, "root.path: missing"],
  [{ "root.path": "" }, "root.path: empty"],
  [{ "root.readonly": 1 }, "root.readonly: 1 is not true or false"],
  [{ hostname: "h".repeat(65) }, `hostname: "${"h".repeat(65)}" is longer than 64 bytes`],
  [{ "linux.namespaces": without("uts") }, "hostname: needs a uts namespace"],
  [{ "linux.namespaces": without("uts"), hostname: "", domainname: "d" }, "domainname: needs a uts namespace"],
  [{ mounts: [{ type: "proc" }] }, "mounts[0].destination: missing"],
  [{ mounts: [{ destination: "" }] }, "mounts[0].destination: empty"],
  [{ mounts: [{ destination: "/a", options: "ro" }] }, 'mounts[0].options: "ro" is not a list'],
  [{ mounts: [{ destination: "/a", type: "tmpfs", uidMappings: [MAPPING], gidMappings: [MAPPING] }] }, "mounts[0]: only bind mounts can map IDs"],
  [{ mounts: [{ destination: "/a", type: "bind", uidMappings: [MAPPING] }] }, "mounts[0].gidMappings: missing, and there are uidMappings"],
  [{ "hooks.prestart": [{ path: "x" }] }, 'hooks.prestart[0].path: "x" is not an absolute path'],
  [{ "hooks.poststop": [{ path: "/x", timeout: 0 }] }, "hooks.poststop[0].timeout: 0 is less than 1"],
  [{ annotations: { a: 1 } }, "annotations.a: 1 is not a string"],
  [{ annotations: { "a.b/c": 1 } }, 'annotations["a.b/c"]: 1 is not a string'],
  [{ "linux.namespaces": [...NAMESPACES, { type: "foo" }] }, 'linux.namespaces[5].type: "foo" is not a namespace'],
  [{ "linux.namespaces": [...NAMESPACES, { type: "pid" }] }, 'linux.namespaces[5].type: "pid" is there twice'],
  [{ "linux.namespaces": [...NAMESPACES, { type: "user", path: "ns" }] }, 'linux.namespaces[5].path: "ns" is not an absolute path'],
  [{ "linux.namespaces": [...NAMESPACES, { type: "user" }] }, "linux.uidMappings: missing: the new user namespace needs them, or a path of one to join"],
  [{ "linux.uidMappings": [MAPPING] }, "linux.uidMappings: needs a user namespace"],
  [{ "linux.gidMappings": [{ ...MAPPING, size: 0 }] }, "linux.gidMappings[0].size: 0 is less than 1"],
  [{ "linux.gidMappings": [{ ...MAPPING, size: 4294967295 }] }, "linux.gidMappings[0].size: 4294967295 IDs lead beyond the last one"],
  [{ "linux.timeOffsets": { monotonic: { secs: 1 } } }, "linux.timeOffsets: needs a time namespace"],
  [{ "linux.timeOffsets": { realtime: {} } }, "linux.timeOffsets.realtime: not a clock that can be set off"],
  [{ "linux.timeOffsets": { boottime: { nanosecs: 1e9 } } }, "linux.timeOffsets.boottime.nanosecs: 1000000000 is more than 999999999"],
  [{ "linux.namespaces": without("network"), "linux.netDevices": { eth0: {} } }, "linux.netDevices: needs a network namespace"],
  [{ "linux.netDevices": { "eth 0": {} } }, 'linux.netDevices["eth 0"]: "eth 0" is not a name of a network interface'],
  [{ "linux.namespaces": without("mount"), "linux.maskedPaths": [] }, "linux.readonlyPaths: needs a mount namespace"],
  [{ "linux.maskedPaths": ["proc"] }, 'linux.maskedPaths[0]: "proc" is not an absolute path'],
  [{ "linux.cgroupsPath": "/a/../../b" }, 'linux.cgroupsPath: "/a/../../b" leads up with ".."'],
  [{ "linux.rootfsPropagation": "upwards" }, 'linux.rootfsPropagation: "upwards" is not a propagation of mounts'],
  [{ "linux.devices": [{ path: "null", type: "c", major: 1, minor: 3 }] }, 'linux.devices[0].path: "null" is not an absolute path'],
  [{ "linux.devices": [{ path: "/dev/x", type: "d" }] }, 'linux.devices[0].type: "d" is not a kind of device: b, c, u or p'],
  [{ "linux.devices": [{ path: "/dev/x", type: "c", major: 1 }] }, "linux.devices[0].minor: missing"],
  [{ "linux.resources.devices": [{ allow: true }] }, "linux.resources.devices[0].access: missing"],
  [{ "linux.resources.devices": [{ allow: true, access: "x" }] }, 'linux.resources.devices[0].access: "x" is not made of r, w and m'],
  [{ "linux.resources.devices": [{ access: "r" }] }, "linux.resources.devices[0].allow: missing"],
  [{ "linux.resources.memory": { limit: -2 } }, "linux.resources.memory.limit: -2 is less than -1"],
  [{ "linux.resources.memory": { limit: "64m" } }, 'linux.resources.memory.limit: "64m" is not a number'],
  [{ "linux.resources.memory": { limit: 2n ** 63n - 1n } }, "linux.resources.memory.limit: 9223372036854775807 is more than 9007199254740991"],
  [{ "linux.resources.memory": { limit: 64, swap: 32 } }, "linux.resources.memory.swap: 32 is less than memory alone may have, 64"],
  [{ "linux.resources.cpu": { shares: -1 } }, "linux.resources.cpu.shares: -1 is less than 0"],
  [{ "linux.resources.pids": {} }, "linux.resources.pids.limit: missing"],
  [{ "linux.resources.blockIO": { weight: 9 } }, "linux.resources.blockIO.weight: 9 is less than 10"],
  [{ "linux.resources.hugepageLimits": [{ pageSize: "2M", limit: 0 }] }, 'linux.resources.hugepageLimits[0].pageSize: "2M" is not a size of pages such as 2MB'],
  [{ "linux.resources.unified": { "../cgroup.procs": "1" } }, 'linux.resources.unified["../cgroup.procs"]: not a file of cgroup v2'],
  [{ "linux.intelRdt": { closID: "../a" } }, 'linux.intelRdt.closID: "../a" is not a name of a directory'],
  [{ "linux.personality": { domain: "BSD" } }, 'linux.personality.domain: "BSD" is not a personality'],
  [{ "linux.memoryPolicy": { mode: "MPOL_X" } }, 'linux.memoryPolicy.mode: "MPOL_X" is not a memory policy'],
  [{ "linux.seccomp": {} }, "linux.seccomp.defaultAction: missing"],
  [{ "linux.seccomp": { defaultAction: "ALLOW" } }, 'linux.seccomp.defaultAction: "ALLOW" is not a seccomp action'],
  [{ "linux.seccomp": { defaultAction: "SCMP_ACT_NOTIFY" } }, "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action"],
  [{ "linux.seccomp": seccomp({ names: ["read"], action: "SCMP_ACT_NOTIFY" }) }, "linux.seccomp.listenerPath: missing, and SCMP_ACT_NOTIFY needs it"],
  [{ "linux.seccomp": { ...seccomp({ names: ["write"], action: "SCMP_ACT_NOTIFY" }), listenerPath: "/s" } }, "linux.seccomp.syscalls: SCMP_ACT_NOTIFY cannot be used for the write syscall"],
  [{ "linux.seccomp": { ...seccomp(), architectures: ["x86"] } }, 'linux.seccomp.architectures[0]: "x86" is not a seccomp architecture'],
  [{ "linux.seccomp": { ...seccomp(), flags: ["X"] } }, 'linux.seccomp.flags[0]: "X" is not a seccomp flag'],
  [{ "linux.seccomp": seccomp({ names: [""], action: "SCMP_ACT_ALLOW" }) }, "linux.seccomp.syscalls[0].names[0]: empty"],
  [{ "linux.seccomp": seccomp({ names: ["x"], action: "SCMP_ACT_ALLOW", args: [{ index: 6, value: 0, op: "SCMP_CMP_EQ" }] }) }, "linux.seccomp.syscalls[0].args[0].index: 6 is more than 5"],
  [{ "linux.seccomp": seccomp({ names: ["x"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: -1, op: "SCMP_CMP_EQ" }] }) }, "linux.seccomp.syscalls[0].args[0].value: -1 is less than 0"],
  [{ "linux.seccomp": seccomp({ names: ["x"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: 0, op: "==" }] }) }, 'linux.seccomp.syscalls[0].args[0].op: "==" is not a seccomp operator'],
];

function seccomp(...syscalls: object[]): object {
  return { defaultAction: "SCMP_ACT_ERRNO", syscalls };
}

/** A sysctl, the namespaces, and what is wrong with the one for the others. */
// biome-ignore format: a table
const SYSCTLS: readonly [name: string, namespaces: object[], reason: string | undefined][] = [
  ["net.ipv4.ip_forward", NAMESPACES, undefined],
  ["net.ipv4.ip_forward", without("network"), "needs a network namespace"],
  ["net/ipv4/conf/eth0.1/rp_filter", without("network"), "needs a network namespace"],
  ["net.core.somaxconn", [...without("network"), { type: "network", path: "/proc/self/ns/net" }], "the network namespace is the host's"],
  ["net.core.somaxconn", [...without("network"), { type: "network", path: "/gone" }], 'the network namespace "/gone" is not there'],
  ["kernel.shmmax", NAMESPACES, undefined],
  ["kernel/shmmax", without("ipc"), "needs an ipc namespace"],
  ["fs.mqueue.msg_max", without("ipc"), "needs an ipc namespace"],
  ["kernel.domainname", NAMESPACES, undefined],
  ["kernel.hostname", NAMESPACES, "conflicts with the field hostname"],
  ["user.max_user_namespaces", NAMESPACES, "needs a user namespace"],
  ["kernel.panic", NAMESPACES, "belongs to no namespace"],
  ["vm.swappiness", NAMESPACES, "belongs to no namespace"],
  ["", NAMESPACES, "belongs to no namespace"],
];

describe("parseSpec()", () => {
  for (const [values, problem] of REFUSED)
    test(`refuses ${problem}`, () => expect(problems(having(values))).toEqual([problem]));

  test.each(SYSCTLS)("sysctl %s in %j: %s", (name, namespaces, reason) => {
    const json = having({ "linux.sysctl": { [name]: "1" }, "linux.namespaces": namespaces });
    const place = /^\w+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    expect(problems(json)).toEqual(reason === undefined ? [] : [`linux.sysctl${place}: ${reason}`]);
  });

  test("finds all problems, and tells of the first", () => {
    const json = having({ "process.cwd": "tmp", "root.path": 5, "linux.namespaces": [{ type: 1 }] });
    expect(problems(json)).toHaveLength(3);
    expect(() => parseSpec(json)).toThrow(
      'Invalid config.json: process.cwd: "tmp" is not an absolute path (and 2 more)',
    );
  });

  test("looks at what needs a namespace only once the types are right", () =>
    expect(problems(having({ "linux.namespaces": [], "process.cwd": 5 }))).toEqual(["process.cwd: 5 is not a string"]));

  test.each([
    [
      { "process.capabilities.bounding": ["CAP_KILL", "CAP_X"] },
      'process.capabilities.bounding[1]: "CAP_X" is not a known capability, and is left out',
    ],
    [
      { mounts: [{ destination: "data" }] },
      'mounts[0].destination: "data" is not an absolute path, and is taken from /',
    ],
    [
      { "linux.resources.memory": { kernel: 5 } },
      "linux.resources.memory.kernel: the kernel has no such limit any more, and it is left out",
    ],
    [
      { "linux.resources.memory": { kernelTCP: 5 } },
      "linux.resources.memory.kernelTCP: the kernel has no such limit any more, and it is left out",
    ],
    [
      { "linux.personality": { domain: "LINUX", flags: ["X"] } },
      "linux.personality.flags: no flag is defined, and all are left out",
    ],
  ])("warns of %j", (values, warning) => expect(parseSpec(having(values)).warnings).toEqual([warning]));

  test("takes null for absent, as Go does", () => {
    const spec = parseSpec(having({ hooks: null, "process.user": null, "linux.sysctl": { "net.a": null } })).value;
    expect("hooks" in spec || "user" in spec.process!).toBe(false);
    expect(spec.linux?.sysctl).toEqual({});
  });

  test("accepts no more than is required", () => {
    const spec = { ociVersion: "1.0.2-dev", process: { args: ["sh"], cwd: "/" }, root: { path: "rootfs" } };
    expect(parseSpec(JSON.stringify(spec))).toEqual({ value: spec, warnings: [] });
  });

  test("keeps numbers of 64 bits exact", () => {
    const args = [{ index: 0, value: 2n ** 64n - 1n, valueTwo: 2n ** 63n, op: "SCMP_CMP_MASKED_EQ" }];
    const { value } = parseSpec(
      having({
        "process.rlimits": [{ type: "RLIMIT_CORE", hard: 2n ** 64n - 1n, soft: 0 }],
        "linux.seccomp": seccomp({ names: ["clone"], action: "SCMP_ACT_ALLOW", args }),
      }),
    );
    expect(value.process?.rlimits?.[0]?.hard).toBe(18446744073709551615n);
    expect(value.linux?.seccomp?.syscalls?.[0]?.args).toEqual(args);
  });

  test("leaves fields alone that it does not know", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.bigInt(), (anything, number) => {
        const json = draft((spec) => {
          for (const owner of [spec, spec.process, spec.root, spec.linux!.resources])
            Object.assign(owner!, { extension: { anything, number } });
        });
        expect(stringifyJson(parseSpec(json).value)).toBe(json);
      }),
    );
  });
});

describe("arbitrary input", () => {
  test("is refused with an InvalidArgument, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (json) => {
        expect(refusal(parseSpec, json)).toBeInstanceOf(InvalidArgument);
      }),
    );
  });

  test("in any place of a good file leads to an answer, or to an InvalidDocument that names something", () => {
    const rich = having({
      "linux.seccomp": seccomp({
        names: ["x"],
        action: "SCMP_ACT_LOG",
        args: [{ index: 0, value: 1, op: "SCMP_CMP_EQ" }],
      }),
      "linux.sysctl": { "net.a": "1" },
      hooks: { prestart: [{ path: "/x", args: ["x"] }] },
      "linux.devices": [{ path: "/dev/x", type: "c", major: 1, minor: 1 }],
    });
    const paths = pathsOf(JSON.parse(rich));
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, anything) => {
        const error = refusal(parseSpec, JSON.stringify(replaced(JSON.parse(rich), path, anything)));
        if (error !== undefined) expect(error).toBeInstanceOf(InvalidDocument);
      }),
      { numRuns: 500 },
    );
  });

  test("nested too deeply for a stack is refused too", () => {
    const deep = `${"[".repeat(200_000)}12345678901234567${"]".repeat(200_000)}`;
    expect(refusal(parseSpec, deep)).toBeInstanceOf(InvalidArgument);
  });

  function refusal(parse: (json: string) => unknown, json: string): unknown {
    try {
      parse(json);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Where something stands in a tree. */
  function pathsOf(value: unknown): string[][] {
    if (typeof value !== "object" || value === null) return [[]];
    return [[], ...Object.entries(value).flatMap(([key, member]) => pathsOf(member).map((path) => [key, ...path]))];
  }

  function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
    if (key === undefined || typeof value !== "object" || value === null) return by;
    const copy: unknown[] | Record<string, unknown> = Array.isArray(value) ? [...value] : { ...value };
    return Object.assign(copy, { [key]: replaced((value as Record<string, unknown>)[key], rest, by) });
  }
});

describe("parseProcess() and parseResources()", () => {
  test("read parts, and name places as in the whole", () => {
    expect(parseProcess('{"args": ["id"], "cwd": "/"}').value.args).toEqual(["id"]);
    expect(() => parseProcess('{"args": ["id"]}')).toThrow("Invalid process: process.cwd: missing");
    expect(parseResources('{"memory": {"limit": 65536}}').value.memory?.limit).toBe(65536);
    const weights = { blockIO: { weightDevice: [{ major: 8, minor: 0, leafWeight: 10 }] } };
    expect(parseResources(JSON.stringify(weights)).value).toEqual(weights);
    expect(() => parseResources("[]")).toThrow("Invalid resources: resources: a list is not an object");
  });
});

/** What another runtime writes as a config.json to start from; undefined where it isn't installed. */
function foreignSpec(runtime: string): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), "spec-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  try {
    execFileSync(runtime, ["spec"], { cwd: dir, stdio: "ignore" });
  } catch {
    return undefined;
  }
  return readFileSync(join(dir, "config.json"), "utf8");
}

test.for(["runc", "crun"])("takes what %s spec writes, and keeps all of it", (runtime, { skip }) => {
  const json = foreignSpec(runtime) ?? skip(`${runtime} isn't installed`);
  const { value, warnings } = parseSpec(json);
  expect(warnings).toEqual([]);
  expect(stringifyJson(value)).toBe(JSON.stringify(JSON.parse(json)));
});
