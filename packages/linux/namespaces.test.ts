import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import { NAMESPACE_FLAGS, type NamespaceKind, namespaceId, unshare } from "./namespaces.ts";
import { childrenOf } from "./proc.ts";

const FOR_THE_CALLER: NamespaceKind[] = ["mnt", "uts", "ipc", "net", "cgroup"];
const FOR_CHILDREN: NamespaceKind[] = ["pid", "time"];

const bornIn = (kind: NamespaceKind) =>
  `spawnSync("readlink", ["/proc/self/ns/${kind}"], { encoding: "utf8" }).stdout.trim()`;

describe("unshare()", () => {
  test.each(FOR_THE_CALLER)("moves the caller into a new %s namespace", (kind) => {
    const [id] = inChild(`
      import { namespaceId, NAMESPACE_FLAGS, unshare } from "./namespaces.ts";
      unshare(NAMESPACE_FLAGS.${kind});
      report(namespaceId("self", "${kind}"));
    `);
    expect(id).toMatch(new RegExp(`^${kind}:\\[\\d+\\]$`));
    expect(id).not.toBe(namespaceId("self", kind));
  });

  test.each(FOR_CHILDREN)("makes children be born in a new %s namespace", (kind) => {
    const [own, child] = inChild(`
      import { spawnSync } from "node:child_process";
      import { namespaceId, NAMESPACE_FLAGS, unshare } from "./namespaces.ts";
      unshare(NAMESPACE_FLAGS.${kind});
      report(namespaceId("self", "${kind}"));
      report(${bornIn(kind)});
    `);
    expect(own).toBe(namespaceId("self", kind));
    expect(child).toMatch(new RegExp(`^${kind}:\\[\\d+\\]$`));
    expect(child).not.toBe(own);
  });

  test("makes the first child PID 1 of a new pid namespace", () => {
    const [pid] = inChild(`
      import { spawnSync } from "node:child_process";
      import { CLONE_NEWPID, unshare } from "./namespaces.ts";
      unshare(CLONE_NEWPID);
      report(spawnSync("sh", ["-c", "echo $$"], { encoding: "utf8" }).stdout.trim());
    `);
    expect(pid).toBe("1");
  });

  test("cannot make a user namespace, because Node has threads", () => {
    expect(() => unshare(NAMESPACE_FLAGS.user)).toThrow("unshare: EINVAL");
  });
});

describe("joinNamespace()", () => {
  let holder: ChildProcess;
  let target: number;
  beforeAll(async () => {
    holder = spawn("unshare", ["-m", "-u", "-i", "-n", "-C", "-U", "-r", "-p", "-T", "--fork", "--kill-child", "cat"]);
    holder.stdin!.write("ready\n");
    await once(holder.stdout!, "data");
    target = childrenOf(holder.pid!)[0]!;
  });
  afterAll(async () => {
    holder.stdin!.end();
    await once(holder, "exit");
  });

  const joined = (kind: NamespaceKind, place: string | number, observed: string) =>
    inChild(`
      import { spawnSync } from "node:child_process";
      import { joinNamespace, namespaceId } from "./namespaces.ts";
      joinNamespace(${JSON.stringify(place)}, "${kind}");
      report(${observed});
    `)[0];

  test.each(FOR_THE_CALLER)("enters the %s namespace of a process, by pid and by path", (kind) => {
    const expected = namespaceId(target, kind);
    expect(expected).not.toBe(namespaceId("self", kind));
    expect(joined(kind, target, `namespaceId("self", "${kind}")`)).toBe(expected);
    expect(joined(kind, `/proc/${target}/ns/${kind}`, `namespaceId("self", "${kind}")`)).toBe(expected);
  });

  test("lets children be born in a pid namespace, by pid and by path", () => {
    const expected = namespaceId(target, "pid");
    const child = `spawnSync("readlink", ["/proc/self/ns/pid_for_children"], { encoding: "utf8" }).stdout.trim()`;
    expect(joined("pid", target, child)).toBe(expected);
    expect(joined("pid", `/proc/${target}/ns/pid`, child)).toBe(expected);
  });

  test.each([
    ["time", "EUSERS"],
    ["user", "EINVAL"],
  ] as const)("refuses a %s namespace, because Node has threads", (kind, code) => {
    expect(() => joined(kind, target, "1")).toThrow(`setns: ${code}`);
  });

  test("refuses a namespace of another kind", () => {
    expect(() => joined("uts", `/proc/${target}/ns/net`, "1")).toThrow("setns: EINVAL");
  });
});

describe("namespaceId()", () => {
  test("is what /proc says", () => {
    expect(namespaceId(process.pid, "net")).toBe(readlinkSync("/proc/self/ns/net"));
  });

  test("fails for a process that does not exist", () => {
    expect(() => namespaceId(2 ** 22 + 1, "net")).toThrow("ENOENT");
  });
});
