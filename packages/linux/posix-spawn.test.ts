import { closeSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import { pipe } from "./pipe.ts";
import { posixSpawn } from "./posix-spawn.ts";
import { waitForEnd } from "./wait.ts";

/** What `script` prints on its descriptor 3. */
async function run(
  script: string,
  env = {},
): Promise<{ output: string; status: Awaited<ReturnType<typeof waitForEnd>> }> {
  const { readEnd, writeEnd } = pipe();
  const pid = posixSpawn({ path: "/bin/sh", argv: ["sh", "-c", script], env, fds: [0, 1, 2, writeEnd] });
  closeSync(writeEnd);
  const status = await waitForEnd(pid);
  const output = readFileSync(readEnd, "utf8");
  closeSync(readEnd);
  return { output, status };
}

describe("posixSpawn()", () => {
  test("starts a program with the given arguments, environment and descriptors", async () => {
    const { output } = await run('echo "$0 $A [$B]" >&3', { A: "one", B: undefined });
    expect(output).toBe("sh one []\n");
  });

  test("hands on no descriptor that is close-on-exec", async () => {
    const { readEnd, writeEnd } = pipe();
    const { output } = await run("ls /proc/self/fd >&3");
    closeSync(readEnd);
    closeSync(writeEnd);
    const handedOn = output.trim().split("\n").map(Number);
    expect(handedOn).not.toContain(readEnd);
    expect(handedOn).not.toContain(writeEnd);
  });

  test("makes the child the leader of a session, when asked to", async () => {
    const session = async (newSession: boolean) => {
      const { readEnd, writeEnd } = pipe();
      const argv = ["sh", "-c", "cut -d' ' -f1,6 /proc/self/stat; echo $$"];
      const pid = posixSpawn({
        path: "/bin/sh",
        argv,
        env: { PATH: "/bin:/usr/bin" },
        fds: [0, writeEnd, 2],
        newSession,
      });
      closeSync(writeEnd);
      await waitForEnd(pid);
      const output = readFileSync(readEnd, "utf8");
      closeSync(readEnd);
      return { pid, session: Number(output.split(/\s/)[1]) };
    };
    const apart = await session(true);
    expect(apart.session).toBe(apart.pid);
    const ours = await session(false);
    expect(ours.session).not.toBe(ours.pid);
  });

  test("throws ENOENT for a program that isn't there, and leaves no child", async () => {
    expect(() => posixSpawn({ path: "/no/such", argv: ["x"], env: {}, fds: [0, 1, 2] })).toThrow(
      "posix_spawn /no/such: ENOENT",
    );
  });

  test("makes a child in the namespaces that the thread unshared", () => {
    const host = readFileSync("/proc/sys/kernel/hostname", "utf8").trim();
    const output = inChild(`
      import { CLONE_NEWPID, CLONE_NEWUTS, unshare } from "${import.meta.dirname}/namespaces.ts";
      import { posixSpawn } from "${import.meta.dirname}/posix-spawn.ts";
      import { waitpid } from "${import.meta.dirname}/wait.ts";
      unshare(CLONE_NEWPID | CLONE_NEWUTS);
      const argv = ["sh", "-c", "hostname inner; echo [$$,\\\\\\"$(hostname)\\\\\\"]"];
      waitpid(posixSpawn({ path: "/bin/sh", argv, env: { PATH: "/bin:/usr/bin" }, fds: [0, 1, 2] }));
    `);
    expect(output).toEqual([[1, "inner"]]);
    expect(readFileSync("/proc/sys/kernel/hostname", "utf8").trim()).toBe(host);
  });
});

describe("waitForEnd()", () => {
  test("tells exit codes and signals", async () => {
    expect((await run("exit 7")).status).toEqual({ kind: "exited", code: 7 });
    expect((await run("kill -9 $$")).status).toEqual({ kind: "signaled", signal: 9, coreDumped: false });
  });
  test("waits for a child that ends later", async () => {
    const start = performance.now();
    await run("sleep 0.1");
    expect(performance.now() - start).toBeGreaterThan(95);
  });
  test("keeps a program running that has nothing else to do", () => {
    const output = inChild(`
      import { posixSpawn } from "${import.meta.dirname}/posix-spawn.ts";
      import { waitForEnd } from "${import.meta.dirname}/wait.ts";
      const argv = ["sh", "-c", "sleep 0.1; exit 3"];
      report(await waitForEnd(posixSpawn({ path: "/bin/sh", argv, env: { PATH: "/bin:/usr/bin" }, fds: [0, 1, 2] })));
    `);
    expect(output).toEqual([{ kind: "exited", code: 3 }]);
  });
  test("waits for many at once", async () => {
    const codes = Array.from({ length: 30 }, (_, i) => i);
    const ends = codes.map((code) => run(`sleep 0.0${code % 5}; exit ${code}`));
    expect((await Promise.all(ends)).map(({ status }) => status)).toEqual(
      codes.map((code) => ({ kind: "exited", code })),
    );
  });
  test("rejects for a process that is no child", async () => {
    await expect(waitForEnd(1)).rejects.toThrow("ECHILD");
  });
});
