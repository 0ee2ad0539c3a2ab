/** runc for an ordinary user, beside genuine runc: somebody who has a number and nothing else on this machine. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { describe, expect, test } from "vitest";
import { GENUINE, message, missing, OURS, type Outcome, type Runtime, runtime } from "./testsuite/on-bundle.ts";
import { ownClone } from "./testsuite/own-clone.ts";

const USER = 71_234;
const NEWUIDMAP = "/usr/bin/newuidmap";

/** What `runc spec --rootless` writes, on top of a usual bundle. */
function rootless(change: (spec: Spec) => Spec = (spec) => spec): (spec: Spec) => Spec {
  return (spec) => {
    const mapping = [{ containerID: 0, hostID: USER, size: 1 }];
    const { resources: _, ...linux } = spec.linux!;
    const namespaces = (linux.namespaces ?? []).filter(({ type }) => type !== "network");
    const mounts = (spec.mounts ?? []).filter(({ destination }) => !destination.startsWith("/sys"));
    return change({
      ...spec,
      mounts: mounts.map((mount) => ({
        ...mount,
        options: (mount.options ?? []).filter((option) => option !== "gid=5"),
      })),
      linux: {
        ...linux,
        namespaces: [...namespaces, { type: "user" }],
        uidMappings: mapping,
        gidMappings: mapping,
      },
    });
  };
}

const withoutTime = (log: string) => log.replaceAll(/time="[^"]*"/g, "");

interface UserRuntime extends Runtime {
  /** XDG_RUNTIME_DIR. */
  readonly userDir: string;
}

/** A bundle that is the user's, whose containers are in his own root. */
function userRuntime(program: string, change?: (spec: Spec) => Spec): UserRuntime {
  const made = runtime(program, rootless(change));
  const userDir = join(made.bundle, "user");
  mkdirSync(userDir);
  chmodSync(join(made.bundle, ".."), 0o711);
  for (const path of [made.bundle, userDir]) chownSync(path, USER, USER);
  const root = join(userDir, "runc");
  return { ...made, userDir, root, call: (...args) => asUser(made, userDir, [program, ...args]) };
}

/** Standard output is a file: a container that outlives the call would hold a pipe open. */
function asUser(
  { bundle }: Runtime,
  userDir: string,
  command: readonly string[],
  launcher: readonly string[] = [],
): Outcome {
  const [out, log] = [join(userDir, "out"), join(userDir, "err")];
  const ids = ["--reuid", String(USER), "--regid", String(USER), "--clear-groups"];
  const script = `cd ${bundle} && exec "$@" > ${out} 2> ${log} < /dev/null`;
  const all = [...launcher, "setpriv", ...ids, "sh", "-c", script, "sh", ...command];
  const env = { PATH: process.env.PATH, XDG_RUNTIME_DIR: userDir };
  const { status } = spawnSync(all[0]!, all.slice(1), { env });
  return { status, stdout: readFileSync(out, "utf8"), stderr: readFileSync(log, "utf8") };
}

const statusOf = ({ call, id }: Runtime) => JSON.parse(call("state", id).stdout).status as string;

describe.skipIf(missing)(`an ordinary user${missing ? ` (needs ${missing})` : ""}`, () => {
  test("lives a container's whole life", () => {
    const container = userRuntime(OURS);
    const { call, id, root } = container;
    expect(call("create", id)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(statusOf(container)).toBe("created");
    expect(statSync(root).mode & 0o7777).toBe(0o1700);
    expect(call("start", id).status).toBe(0);
    expect(statusOf(container)).toBe("running");
    const { stdout } = call("exec", id, "/bin/busybox", "cat", "/proc/self/uid_map");
    expect(stdout.trim().split(/\s+/)).toEqual(["0", String(USER), "1"]);
    expect(call("kill", id, "KILL").status).toBe(0);
    expect(call("delete", "-f", id)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(existsSync(join(root, id))).toBe(false);
  });

  test("has his processes killed as early as he says, those of exec too", () => {
    const container = userRuntime(OURS, (spec) => ({ ...spec, process: { ...spec.process!, oomScoreAdj: 321 } }));
    expect(container.call("run", "--detach", container.id).status).toBe(0);
    const read = ["/bin/busybox", "cat", "/proc/1/oom_score_adj", "/proc/self/oom_score_adj"];
    expect(container.call("exec", container.id, ...read)).toEqual({ status: 0, stdout: "321\n321\n", stderr: "" });
  });

  test("gets the exit status of what he runs", () => {
    const args = ["sh", "-c", "id; exit 7"];
    const { call, id } = userRuntime(OURS, (spec) => ({ ...spec, process: { ...spec.process!, args } }));
    expect(call("run", id)).toEqual({ status: 7, stdout: "uid=0 gid=0\n", stderr: "" });
  });

  type Case = readonly [name: string, change: (spec: Spec) => Spec];
  const UNSHARED: NonNullable<NonNullable<Spec["linux"]>["namespaces"]> = [{ type: "mount" }, { type: "uts" }];
  const withLinux = (linux: Partial<NonNullable<Spec["linux"]>>) => (spec: Spec) => ({
    ...spec,
    linux: { ...spec.linux, ...linux },
  });
  const withProcess = (process: Partial<NonNullable<Spec["process"]>>) => (spec: Spec) => ({
    ...spec,
    process: { ...spec.process!, ...process },
  });
  const REFUSED: readonly Case[] = [
    ["no user namespace", withLinux({ namespaces: UNSHARED, uidMappings: [], gidMappings: [] })],
    ["no ids", withLinux({ uidMappings: [] })],
    ["no groups", withLinux({ gidMappings: [] })],
    [
      "a mount that belongs to somebody else",
      (spec) => ({ ...spec, mounts: [...spec.mounts!, { destination: "/x", type: "tmpfs", options: ["uid=5"] }] }),
    ],
    ["more groups", withProcess({ user: { uid: 0, gid: 0, additionalGids: [10] } })],
    ["another user", withProcess({ user: { uid: 10, gid: 0 } })],
  ];
  test.each(REFUSED)("is refused %s as by genuine runc", (...[, change]) => {
    const [ours, genuine] = [OURS, GENUINE].map((program) => {
      const { call, id } = userRuntime(program, change);
      return message(call("create", id));
    });
    expect(ours).toBe(genuine);
  });

  test.each(["memory", "pids"])("is refused a limit of %s, and without it needs no cgroup", (controller) => {
    const { call, id } = userRuntime(OURS, withLinux({ resources: { [controller]: { limit: 64 << 20 } } }));
    expect(message(call("create", id))).toContain(
      `cannot set ${controller} limit: container could not join or create cgroup`,
    );
  });

  test("is refused a certain cgroup, and any with --rootless=false", () => {
    const certain = userRuntime(OURS, withLinux({ cgroupsPath: "/docker-eras-rootless" }));
    expect(message(certain.call("create", certain.id))).toMatch(/cgroup.*EACCES/);
    const any = userRuntime(OURS);
    expect(message(any.call("--rootless=false", "create", any.id))).toMatch(/cgroup.*EACCES/);
  });

  test("is told what --rootless takes, where that means something", () => {
    const { call, id } = userRuntime(OURS);
    expect(message(call("--rootless=maybe", "create", id))).toBe(
      "runc create failed: Cannot use --rootless maybe: it is true, false or auto",
    );
    expect(call("--rootless=maybe", "list").status).toBe(0);
    const [ours, genuine] = [OURS, GENUINE].map((program) => userRuntime(program).call("pause", "none").stderr);
    expect(withoutTime(ours!)).toBe(withoutTime(genuine!));
  });

  test.skipIf(!existsSync(NEWUIDMAP))(`has the ranges of /etc/subuid (needs ${NEWUIDMAP})`, () => {
    const ranges = [
      { containerID: 0, hostID: USER, size: 1 },
      { containerID: 1, hostID: 500_000, size: 65_535 },
    ];
    const user = { uid: 7, gid: 8, additionalGids: [9] };
    const made = userRuntime(OURS, (spec) =>
      withLinux({ uidMappings: ranges, gidMappings: ranges })(withProcess({ args: ["id"], user })(spec)),
    );
    symlinkSync("busybox", join(made.bundle, "rootfs/bin/id"));
    // A machine on which the user has a name and ranges.
    writeFileSync(join(made.userDir, "passwd"), `root:x:0:0::/:\nsomebody:x:${USER}:${USER}::/:\n`);
    writeFileSync(join(made.userDir, "subid"), `${USER}:500000:65536\n`);
    const named = ["passwd:passwd", "subid:subuid", "subid:subgid"].map((pair) => pair.split(":"));
    const binds = named.map(([from, to]) => `mount --bind ${made.userDir}/${from} /etc/${to}`).join(" && ");
    const launcher = ["unshare", "--mount", "sh", "-c", `${binds} && exec "$@"`, "sh"];
    expect(asUser(made, made.userDir, [OURS, "run", made.id], launcher)).toEqual({
      ...{ status: 0, stdout: "uid=7 gid=8 groups=9\n", stderr: "" },
    });
  });
});

describe.skipIf(missing)("a Node that belongs to the user", () => {
  test("can't be written by his container (CVE-2019-5736)", () => {
    const container = userRuntime(OURS);
    const { call, id, userDir } = container;
    const { program: ours, node } = ownClone(join(userDir, "clone"), USER);
    const before = statSync(node);
    expect(asUser(container, userDir, [ours, "create", id]).status).toBe(0);
    const { pid } = JSON.parse(call("state", id).stdout);
    const { stdout, stderr } = asUser(container, userDir, [
      "sh",
      "-c",
      `chmod 777 /proc/${pid}/exe; echo >> /proc/${pid}/exe; echo`,
    ]);
    expect(stdout).toBe("\n");
    expect(stderr).toMatch(/Read-only file system[\s\S]*(Text file busy|Read-only)/);
    const exec = asUser(container, userDir, [ours, "start", id]);
    expect(exec.status).toBe(0);
    expect(asUser(container, userDir, [ours, "exec", id, "/bin/busybox", "echo", "here"]).stdout).toBe("here\n");
    expect([statSync(node).mode, statSync(node).mtimeMs]).toEqual([before.mode, before.mtimeMs]);
    call("delete", "-f", id);
  });
});
