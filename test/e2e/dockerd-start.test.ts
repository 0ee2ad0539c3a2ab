/** A dockerd that can't start, or is told to end before it has, says why, and takes the containerd with it that it had started. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { DOCKERD } from "../harness/dockerd-2019.ts";
import { processesThatName } from "../harness/on-machine.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { runProgram } from "../harness/run-program.ts";

const TIMEOUT = { timeout: 60_000 };

function flagsOf({ dir }: Place): string[] {
  const paths = ["--data-root", join(dir, "data"), "--exec-root", join(dir, "exec")];
  return [...paths, "-H", `unix://${join(dir, "sock")}`, "-p", join(dir, "pid"), "-b", "none"];
}

test("a storage driver that isn't there is told of in Docker's words", TIMEOUT, async () => {
  const place = newPlace();
  const { stderr, status } = await runProgram(DOCKERD, [...flagsOf(place), "-s", "zfs"]);
  expect(stderr).toContain(
    'dockerd: failed to start daemon: error initializing graphdriver: driver not supported: there is no "zfs"; there are',
  );
  expect(status).toBe(1);
  expect(await removePlace(place)).toEqual([]); // stderr has ended, which containerd had too
});

test("SIGTERM as soon as there is a containerd leaves none", TIMEOUT, async () => {
  const place = newPlace();
  const dockerd = spawn(DOCKERD, flagsOf(place), { stdio: "ignore" });
  const ended = once(dockerd, "exit");
  await vi.waitFor(() => expect(processesThatName(place.dir).length).toBeGreaterThan(1), {
    timeout: 30_000,
    interval: 2,
  });
  dockerd.kill("SIGTERM");
  await ended;
  expect(await removePlace(place)).toEqual([]);
});
