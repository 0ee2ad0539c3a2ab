/** A dockerd that can't start says why, and ends, with the containerd that it had started. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { DOCKERD } from "../harness/dockerd-2019.ts";
import { newPlace, removePlace } from "../harness/remains.ts";
import { runProgram } from "../harness/run-program.ts";

test("a storage driver that isn't there is told of in Docker's words", { timeout: 60_000 }, async () => {
  const place = newPlace();
  const paths = ["--data-root", join(place.dir, "data"), "--exec-root", join(place.dir, "exec")];
  const flags = ["-H", `unix://${join(place.dir, "sock")}`, "-p", join(place.dir, "pid"), "-b", "none"];
  const { stderr, status } = await runProgram(DOCKERD, [...paths, ...flags, "-s", "zfs"]);
  expect(stderr).toContain(
    'dockerd: error initializing graphdriver: driver not supported: there is no "zfs"; there are',
  );
  expect(status).toBe(1);
  expect(await removePlace(place)).toEqual([]); // stderr has ended, which containerd had too
});
