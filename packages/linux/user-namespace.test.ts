import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type NamespaceKind, namespaceId } from "./namespaces.ts";
import { childrenOf } from "./proc.ts";
import { createUserNamespace, type IdMapping, nsenterCommand, unshareCommand, writeIdMaps } from "./user-namespace.ts";

const IDS: IdMapping[] = [
  { containerId: 0, hostId: 100_000, size: 1000 },
  { containerId: 1000, hostId: 5000, size: 1 },
];
const ALL: NamespaceKind[] = ["mnt", "uts", "ipc", "pid", "net", "user", "cgroup", "time"];

function run([program, ...args]: string[]) {
  const { status, stdout, stderr } = spawnSync(program!, args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}

function withUserNamespace<T>(use: (path: string) => T): T {
  const namespace = createUserNamespace(IDS, IDS);
  try {
    return use(namespace.path);
  } finally {
    namespace.close();
  }
}

describe("createUserNamespace()", () => {
  test("maps the ids", () =>
    withUserNamespace((path) => {
      expect(readlinkSync(path)).not.toBe(namespaceId("self", "user"));
      const map = readFileSync(path.replace("ns/user", "uid_map"), "utf8").replace(/ +/g, " ");
      expect(map).toBe(" 0 100000 1000\n 1000 5000 1\n");
    }));

  test("refuses ids that overlap, and holds nothing open then", () => {
    const overlapping = [IDS[0]!, { containerId: 10, hostId: 10, size: 10 }];
    expect(() => createUserNamespace(overlapping, IDS)).toThrow("EINVAL");
  });
});

describe("nsenterCommand()", () => {
  test("runs a command as root of a user namespace, an ordinary user outside", () =>
    withUserNamespace((path) => {
      const script = "id -u; id -g; grep CapEff /proc/self/status; cat /proc/1/root/etc/shadow";
      const { output } = run(nsenterCommand({ user: path }, ["sh", "-c", script]));
      const [uid, gid, capabilities, denied] = output.split("\n");
      expect([uid, gid]).toEqual(["0", "0"]);
      expect(capabilities).toMatch(/CapEff:\t000001ff/);
      expect(denied).toContain("Permission denied");
    }));

  test("passes the exit status on", () =>
    withUserNamespace((path) => {
      expect(run(nsenterCommand({ user: path }, ["sh", "-c", "exit 9"])).status).toBe(9);
    }));

  test.each(ALL)("enters a %s namespace, by pid and by path", async (kind) => {
    const [program, ...args] = unshareCommand([kind], ["cat"]);
    const holder = spawn(program!, args);
    holder.stdin.write("ready\n");
    await once(holder.stdout, "data");
    const target = childrenOf(holder.pid!)[0] ?? holder.pid!; // with a pid namespace, cat is a child
    if (kind === "user") writeIdMaps(target, IDS, IDS);
    const expected = namespaceId(target, kind);
    const entered = [target, `/proc/${target}/ns/${kind}`].map(
      (place) => run(nsenterCommand({ [kind]: place }, ["readlink", `/proc/self/ns/${kind}`])).output,
    );
    holder.stdin.end();
    await once(holder, "exit");
    expect(expected).not.toBe(namespaceId("self", kind));
    expect(entered).toEqual([`${expected}\n`, `${expected}\n`]);
  });
});

describe("unshareCommand()", () => {
  test("makes namespaces that belong to a user namespace, where its root may mount", () =>
    withUserNamespace((path) => {
      const rest = ALL.filter((kind) => kind !== "user");
      const script = `mount -t proc proc /proc && echo $$ && hostname inside && hostname && readlink ${rest
        .map((kind) => `/proc/self/ns/${kind}`)
        .join(" ")}`;
      const { output } = run(nsenterCommand({ user: path }, unshareCommand(rest, ["sh", "-c", script])));
      const [pid, name, ...ids] = output.trimEnd().split("\n");
      expect([pid, name]).toEqual(["1", "inside"]);
      expect(ids).toHaveLength(rest.length);
      for (const [i, kind] of rest.entries()) {
        expect(ids[i]).toMatch(new RegExp(`^${kind}:`));
        expect(ids[i]).not.toBe(namespaceId("self", kind));
      }
    }));

  test("passes the exit status of PID 1 on", () => {
    expect(run(unshareCommand(["pid"], ["sh", "-c", "exit 9"])).status).toBe(9);
  });
});
