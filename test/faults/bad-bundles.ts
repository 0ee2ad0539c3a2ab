/** Bundles that no runtime can run, each for one reason. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { plainSpec } from "../harness/bundle.ts";

/** What is wrong: with the text of config.json, or with files of the bundle; the second may be told the bundle's directory. */
interface BadBundle {
  readonly config?: unknown;
  readonly spoil?: (dir: string) => void;
}

const MIB = 1 << 20;
const spec = plainSpec();

/** A spec with some members replaced; their types are wrong on purpose. */
const whole = (changes: Readonly<Record<string, unknown>>): BadBundle => ({ config: { ...spec, ...changes } });
const inProcess = (changes: Readonly<Record<string, unknown>>) => whole({ process: { ...spec.process!, ...changes } });
const inLinux = (changes: Readonly<Record<string, unknown>>) => whole({ linux: { ...spec.linux!, ...changes } });
const mount = (changes: Readonly<Record<string, unknown>>) =>
  whole({ mounts: [...spec.mounts!, { destination: "/mnt", type: "tmpfs", source: "tmpfs", ...changes }] });
const resources = (changes: Readonly<Record<string, unknown>>) => inLinux({ resources: changes });
const seccomp = (changes: Readonly<Record<string, unknown>>) =>
  inLinux({ seccomp: { defaultAction: "SCMP_ACT_ALLOW", ...changes } });
const namespace = (...more: unknown[]) => inLinux({ namespaces: [...spec.linux!.namespaces!, ...more] });
const hook = (kind: string, changes: Readonly<Record<string, unknown>>) => whole({ hooks: { [kind]: [changes] } });

const texts: Readonly<Record<string, string>> = {
  "an empty config.json": "",
  "a config.json that ends too early": JSON.stringify(spec).slice(0, -10),
  "a config.json of text": "Please run a shell.",
  "a config.json of bytes": "\0\u0001\u0002",
  "a config.json of a number": "7",
  "a config.json of a list": "[]",
  "a config.json of null": "null",
  "a config.json of an empty object": "{}",
  "a config.json of brackets without end": "[".repeat(MIB),
  "a config.json of 10 MB of white space": " ".repeat(10 * MIB),
};

const files: Readonly<Record<string, BadBundle>> = {
  "no config.json": { spoil: (dir) => rmSync(join(dir, "config.json")) },
  "a directory as config.json": {
    spoil(dir) {
      rmSync(join(dir, "config.json"));
      mkdirSync(join(dir, "config.json"));
    },
  },
  "no root file system": { spoil: (dir) => rmSync(join(dir, "rootfs"), { recursive: true }) },
  "a file as root file system": {
    spoil(dir) {
      rmSync(join(dir, "rootfs"), { recursive: true });
      writeFileSync(join(dir, "rootfs"), "");
    },
  },
  "a root that is a loop": {
    spoil(dir) {
      rmSync(join(dir, "rootfs"), { recursive: true });
      symlinkSync("rootfs", join(dir, "rootfs"));
    },
  },
  "an empty root file system": {
    spoil(dir) {
      rmSync(join(dir, "rootfs"), { recursive: true });
      mkdirSync(join(dir, "rootfs"));
    },
  },
  "a mount into a loop": {
    ...mount({ destination: "/loop/x" }),
    spoil: (dir) => symlinkSync("loop", join(dir, "rootfs/loop")),
  },
  "a mount below a file": mount({ destination: "/bin/busybox/x" }),
  "a program in a loop": {
    ...inProcess({ args: ["/loop"] }),
    spoil: (dir) => symlinkSync("loop", join(dir, "rootfs/loop")),
  },
  "a working directory in a loop": {
    ...inProcess({ cwd: "/loop" }),
    spoil: (dir) => symlinkSync("loop", join(dir, "rootfs/loop")),
  },
  "a program that is no program": {
    ...inProcess({ args: ["/text"] }),
    spoil: (dir) => writeFileSync(join(dir, "rootfs/text"), "\0nonsense", { mode: 0o755 }),
  },
  "a program whose interpreter is missing": {
    ...inProcess({ args: ["/script"] }),
    spoil: (dir) => writeFileSync(join(dir, "rootfs/script"), "#!/no/such\n", { mode: 0o755 }),
  },
};

const members: Readonly<Record<string, BadBundle>> = {
  "no version": whole({ ociVersion: undefined }),
  "a version of the future": whole({ ociVersion: "99.0.0" }),
  "no process": whole({ process: undefined }),
  "no root": whole({ root: undefined }),
  "an empty root path": whole({ root: { path: "" } }),
  "no arguments": inProcess({ args: [] }),
  "an empty argument zero": inProcess({ args: [""] }),
  "an argument with a NUL": inProcess({ args: ["true", "a\0b"] }),
  "10 MB of arguments": inProcess({ args: ["true", ...Array.from({ length: 10_000 }, () => "x".repeat(1000))] }),
  "one argument of 10 MB": inProcess({ args: ["true", "x".repeat(10 * MIB)] }),
  "10 MB of environment": inProcess({ env: ["PATH=/bin", `A=${"x".repeat(10 * MIB)}`] }),
  "a name of a program that is not there": inProcess({ args: ["no-such-program"] }),
  "a path of a program that is not there": inProcess({ args: ["/no/such"] }),
  "a directory as program": inProcess({ args: ["/bin"] }),
  "a relative working directory": inProcess({ cwd: "tmp" }),
  "no working directory": inProcess({ cwd: undefined }),
  "a working directory that is a file": inProcess({ cwd: "/bin/busybox" }),
  "arguments that are a number": inProcess({ args: 7 }),
  "a user by name": inProcess({ user: { uid: "root" } }),
  "a negative user": inProcess({ user: { uid: -5, gid: 0 } }),
  "an unknown limit": inProcess({ rlimits: [{ type: "RLIMIT_NONSENSE", hard: 1, soft: 1 }] }),
  "a limit twice": inProcess({ rlimits: [1, 2].map((n) => ({ type: "RLIMIT_NOFILE", hard: n + 64, soft: n + 64 })) }),
  "a limit above its limit": inProcess({ rlimits: [{ type: "RLIMIT_NOFILE", hard: 64, soft: 128 }] }),
  "an OOM score out of range": inProcess({ oomScoreAdj: 5000 }),
  "a terminal for nobody": inProcess({ terminal: true, consoleSize: { height: -1, width: "wide" } }),
  "a label without SELinux": inProcess({ selinuxLabel: "system_u:system_r:svirt_lxc_net_t:s0:c1,c2" }),
  "a profile without AppArmor": inProcess({ apparmorProfile: "no-such-profile" }),
  "a hostname of 65 bytes": whole({ hostname: "x".repeat(65) }),
  "a hostname without a namespace": inLinux({
    namespaces: spec.linux!.namespaces!.filter(({ type }) => type !== "uts"),
  }),

  "a mount without a destination": mount({ destination: undefined }),
  "a mount of an unknown type": mount({ type: "nonsensefs" }),
  "a mount of nothing": mount({ type: "bind", source: "/no/such/file", options: ["bind"] }),
  "a mount with a bad option": mount({ options: ["size=much"] }),
  "a mount onto /proc": mount({ destination: "/proc/sys", type: "bind", source: "/tmp", options: ["bind"] }),
  "mounts that are no list": whole({ mounts: { destination: "/mnt" } }),

  "a namespace of an unknown kind": namespace({ type: "nonsense" }),
  "a namespace twice": namespace({ type: "pid" }),
  "a namespace at a path where there is none": inLinux({
    namespaces: [{ type: "mount" }, { type: "network", path: "/no/such" }],
  }),
  "a namespace of another kind": inLinux({
    namespaces: [{ type: "mount" }, { type: "network", path: "/proc/self/ns/uts" }],
  }),
  "a namespace that is a file": inLinux({
    namespaces: [{ type: "mount" }, { type: "network", path: "/etc/hostname" }],
  }),
  "a user namespace without mappings": namespace({ type: "user" }),
  "mappings without a user namespace": inLinux({ uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] }),
  "mappings that overlap": whole({
    linux: {
      ...spec.linux!,
      namespaces: [...spec.linux!.namespaces!, { type: "user" }],
      uidMappings: [1, 2].map((n) => ({ containerID: 0, hostID: 1000 * n, size: 10 })),
      gidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
    },
  }),
  "masks without a mount namespace": inLinux({ namespaces: [{ type: "pid" }] }),

  "a device of an unknown kind": inLinux({ devices: [{ path: "/dev/x", type: "z", major: 1, minor: 3 }] }),
  "a sysctl that there isn't": inLinux({ sysctl: { "kernel.no.such": "1" } }),
  "a sysctl of the whole machine": inLinux({ sysctl: { "vm.swappiness": "1" } }),
  "a sysctl with a bad value": inLinux({ sysctl: { "kernel.msgmax": "many" } }),
  "a propagation that there isn't": inLinux({ rootfsPropagation: "everywhere" }),

  "less memory than a process needs": resources({ memory: { limit: 4096 } }),
  "memory that is a word": resources({ memory: { limit: "much" } }),
  "less swap than memory": resources({ memory: { limit: 64 * MIB, swap: MIB } }),
  "processors that there aren't": resources({ cpu: { cpus: "4000-4001" } }),
  "processors that are words": resources({ cpu: { cpus: "all of them" } }),
  "a processor period that is too short": resources({ cpu: { period: 1 } }),
  "a throttled device that there isn't": resources({
    blockIO: { throttleReadBpsDevice: [{ major: 999, minor: 999, rate: 1 }] },
  }),
  "huge pages of an unknown size": resources({ hugepageLimits: [{ pageSize: "3XB", limit: 1 }] }),
  "a device rule with unknown access": resources({
    devices: [{ allow: true, type: "c", major: 1, minor: 3, access: "xyz" }],
  }),

  "a filter without a default": inLinux({ seccomp: { syscalls: [] } }),
  "a filter with an unknown action": seccomp({ defaultAction: "SCMP_ACT_SHRUG" }),
  "a filter for an unknown machine": seccomp({ architectures: ["SCMP_ARCH_ABACUS"] }),
  "a filter rule with an unknown action": seccomp({ syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_SHRUG" }] }),
  "a filter rule with an unknown comparison": seccomp({
    syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", args: [{ index: 0, value: 1, op: "SCMP_CMP_ISH" }] }],
  }),
  "a filter rule for a seventh argument": seccomp({
    syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", args: [{ index: 6, value: 1, op: "SCMP_CMP_EQ" }] }],
  }),

  "a hook that is not there": hook("createRuntime", { path: "/no/such/hook" }),
  "a hook that fails": hook("createRuntime", { path: "/bin/false" }),
  "a hook in the container that fails": hook("startContainer", { path: "/bin/false" }),
  "a hook that takes too long": hook("prestart", { path: "/bin/sleep", args: ["sleep", "1000"], timeout: 1 }),
};

/** By what is wrong. */
export const BAD_BUNDLES: Readonly<Record<string, BadBundle>> = {
  ...Object.fromEntries(Object.entries(texts).map(([name, config]) => [name, { config }])),
  ...files,
  ...members,
};

/** What genuine runc 1.1 does with some of them instead. */
export const GENUINE_DOES: Readonly<Record<string, string>> = {
  "a config.json of null": "it crashes with a stack trace",
  "no version": "it runs it",
  "a version of the future": "it runs it",
  "mappings without a user namespace": "it runs it",
  "a device rule with unknown access": "it runs it",
  "a filter without a default": "it runs it",
  "a mount without a destination": "it warns, and then says more",
  "an OOM score out of range": "two of its stages say so",
  "mappings that overlap": "two of its stages say so",
  "processors that there aren't": "it says more than that",
  "processors that are words": "it says more than that",
};

/** The text of config.json, or what it says. */
export function configOf({ config = spec }: BadBundle, cgroupsPath: string): Spec | string {
  if (typeof config === "string") return config;
  const { linux, ...rest } = config as Spec;
  return { ...rest, linux: { ...linux, cgroupsPath } };
}
