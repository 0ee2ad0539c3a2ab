/**
 * The same bundle looks the same from inside, whoever runs it: identity, capabilities, limits, mounts, devices, descriptors, signals,
 * namespaces, control groups, and what a process in it may do.
 *
 * Ours has to agree with genuine runc in every line. A second genuine runtime, crun, tells whether runc's way is the only one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newPlace, type Place, remains, removePlace } from "../harness/remains.ts";
import { GENUINE_RUNC, missing, RUNTIME } from "../harness/runtime-under-test.ts";
import { sittings } from "./picture/sittings.ts";
import { Studio } from "./picture/studio.ts";

describe(`a container of ${RUNTIME.name}`, () => {
  const reason = missing();
  if (reason) return void test.skip(reason);

  let place: Place;
  let studio: Studio;
  let holder: ChildProcess;
  beforeAll(() => {
    place = newPlace();
    studio = new Studio(place);
    holder = spawn("unshare", ["--net", "--uts", "--ipc", "sleep", "1000"], { stdio: "ignore" });
  });
  afterAll(async () => {
    holder.kill();
    const left = remains(place);
    await removePlace(place);
    expect(left).toEqual([]);
  });

  for (const name of Object.keys(sittings(0))) {
    test(`looks as one of genuine runc: ${name}`, async () => {
      const sitting = sittings(holder.pid!)[name]!;
      const genuine = await studio.takePicture(GENUINE_RUNC, sitting);
      expect(await studio.takePicture(RUNTIME, sitting)).toEqual(genuine);
    });
  }
});
