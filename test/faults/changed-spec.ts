/**
 * Small changes to a good config.json: one value anywhere is replaced by something unlikely, taken away, or doubled.
 *
 * Some places are left alone, because a runtime that believed what is said there would leave the test's own ground: the root, the
 * path of the cgroup, and which namespaces there are.
 */
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import fc from "fast-check";
import { plainSpec } from "../harness/bundle.ts";

const UNTOUCHED = ["root", "linux.namespaces", "linux.cgroupsPath"];

const MIB = 1 << 20;

/** Says something in every part that a runtime reads. */
function richSpec(): Spec {
  const spec = plainSpec();
  return {
    ...spec,
    process: {
      ...spec.process!,
      args: ["true"],
      user: { uid: 0, gid: 0, umask: 0o22, additionalGids: [5] },
      oomScoreAdj: 100,
    },
    mounts: [
      ...spec.mounts!,
      { destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["size=64k", "mode=755", "nosuid"] },
      { destination: "/mnt/share", type: "bind", source: "/usr/share", options: ["rbind", "ro", "rprivate"] },
    ],
    annotations: { "org.example.key": "value" },
    linux: {
      ...spec.linux,
      rootfsPropagation: "rslave",
      sysctl: { "kernel.msgmax": "4321" },
      devices: [{ path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o600, uid: 1, gid: 1 }],
      resources: {
        memory: { limit: 64 * MIB, swap: 64 * MIB, reservation: 32 * MIB },
        cpu: { shares: 512, quota: 50_000, period: 100_000, cpus: "0", mems: "0" },
        pids: { limit: 50 },
        devices: [
          { allow: false, access: "rwm" },
          { allow: true, type: "c", major: 10, minor: 229, access: "rw" },
        ],
      },
      seccomp: {
        defaultAction: "SCMP_ACT_ALLOW",
        architectures: ["SCMP_ARCH_X86_64"],
        syscalls: [
          {
            names: ["mkdir"],
            action: "SCMP_ACT_ERRNO",
            errnoRet: 1,
            args: [{ index: 0, value: 1, op: "SCMP_CMP_EQ" }],
          },
        ],
      },
    },
  };
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Path = readonly (string | number)[];

const UNLIKELY: readonly Json[] = [
  ...[null, true, false, -1, 0, 1, 7, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e308],
  ...[
    "",
    "x",
    "0",
    "-1",
    "/",
    "..",
    "../../..",
    "a\0b",
    "\n",
    "é\u{1f600}",
    "x".repeat(5000),
    "__proto__",
    "constructor",
  ],
  ...[[], {}, [[]], [null], { x: {} }, ["x", "x"]],
];

/** Each with a description of the change: `linux.seccomp.syscalls[0].names → null`. */
export const changedSpec: fc.Arbitrary<{ change: string; spec: Json }> = fc
  .record({
    path: fc.constantFrom(...pathsOf(richSpec() as unknown as Json)),
    how: fc.constantFrom("replace", "replace", "replace", "remove", "double"),
    value: fc.constantFrom(...UNLIKELY),
  })
  .map(({ path, how, value }) => ({
    change: `${dotted(path)}: ${how}${how === "replace" ? ` by ${JSON.stringify(value).slice(0, 40)}` : ""}`,
    spec: changed(richSpec() as unknown as Json, path, how, value),
  }));

function dotted(path: Path): string {
  return path.join(".");
}

/** All places that may change: what holds a place that may not is left alone, too. */
function pathsOf(value: Json, path: Path = []): Path[] {
  const below =
    value !== null && typeof value === "object"
      ? Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name]))
      : [];
  const here = dotted(path);
  const touchy = UNTOUCHED.some((place) => place.startsWith(here) || here.startsWith(place));
  return touchy
    ? below.filter((other) => !UNTOUCHED.some((place) => dotted(other).startsWith(place)))
    : [path, ...below];
}

function changed(value: Json, path: Path, how: string, by: Json): Json {
  const [name, ...rest] = path;
  const copy = structuredClone(value) as Record<string, Json>;
  if (rest.length > 0) copy[name!] = changed(copy[name!]!, rest, how, by);
  else if (how === "replace") copy[name!] = by;
  else if (how === "double" && Array.isArray(copy)) copy.push(copy[Number(name)]!);
  else if (Array.isArray(copy)) copy.splice(Number(name), 1);
  else delete copy[name!];
  return copy;
}
