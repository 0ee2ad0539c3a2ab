/** runc killed at any moment, by SIGKILL, leaves what `delete --force` clears. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { containerCgroupPaths } from "@eras/cgroups/container-paths.ts";
import { describe, expect, test } from "vitest";
import { missing, OURS, type Runtime, runtime } from "../testsuite/on-bundle.ts";
import { outcome } from "../testsuite/outcome.ts";
import { namingCommandLine } from "../testsuite/waiting-init.ts";

/** A `create` takes about a tenth of a second. */
const MOMENTS = 40;
const LAST_MS = 200;

/** What of a container is still there: processes, mounts, cgroups, state. */
function remains({ id, root, bundle }: Runtime): string[] {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && namingCommandLine(name).includes(id));
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(bundle));
  const directories = [...Object.values(containerCgroupPaths(undefined, id)), `${root}/${id}`].filter((path) =>
    existsSync(path),
  );
  return [...processes.map((pid) => `process ${pid} ${namingCommandLine(pid)}`), ...mounts, ...directories];
}

async function killedAfter(ms: number, { program, root, bundle }: Runtime, args: readonly string[]): Promise<void> {
  const runc = spawn(program, ["--root", root, ...args], { cwd: bundle, stdio: "ignore" });
  const ended = new Promise((resolve) => runc.once("exit", resolve));
  await Promise.race([ended, delay(ms)]);
  runc.kill("SIGKILL");
  await ended;
}

const moments = Array.from({ length: MOMENTS }, (_, i) => (i * LAST_MS) / MOMENTS);

describe.skipIf(missing)(`runc killed${missing ? ` (needs ${missing})` : ""}`, () => {
  test.each([["create"], ["run", "--detach"]])(
    "in a %s",
    async (...args) => {
      const container = runtime(OURS);
      for (const moment of moments) {
        await killedAfter(moment, container, [...args, container.id]);
        expect([moment, outcome(container, ["delete", "--force", container.id])]).toEqual([
          moment,
          { status: 0, stdout: "", stderr: "" },
        ]);
        await expect.poll(() => remains(container), { timeout: 10_000 }).toEqual([]);
      }
    },
    120_000,
  );

  test.each([["start"], ["exec", "--detach"], ["kill"], ["delete", "--force"]])(
    "in a %s",
    async (name, ...flags) => {
      const container = runtime(OURS);
      const words = { exec: ["/bin/sleep", "1000"], kill: ["KILL"] }[name] ?? [];
      for (const moment of moments.filter((_, i) => i % 4 === 0)) {
        const before = name === "start" ? ["create"] : ["run", "--detach"];
        expect(outcome(container, [...before, container.id]).status).toBe(0);
        await killedAfter(moment, container, [name, ...flags, container.id, ...words]);
        expect([moment, outcome(container, ["delete", "--force", container.id])]).toEqual([
          moment,
          { status: 0, stdout: "", stderr: "" },
        ]);
        await expect.poll(() => remains(container), { timeout: 10_000 }).toEqual([]);
      }
    },
    120_000,
  );
});
