/**
 * Bundles that can't be run: each gets one line that says why, exit status 1, and leaves nothing. Then small changes to a good one:
 * whatever the runtime makes of them, it either runs the container or says in one line why not.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeBundle } from "../harness/bundle.ts";
import { unpackBusybox } from "../harness/busybox-image.ts";
import { newPlace, type Place, remains, removePlace } from "../harness/remains.ts";
import { runProgram } from "../harness/run-program.ts";
import { missing, RUNTIME } from "../harness/runtime-under-test.ts";
import { BAD_BUNDLES, configOf, GENUINE_DOES } from "./bad-bundles.ts";

const ONE_LINE = /^[^\n]+\n$/;

describe(`${RUNTIME.name}, given a bad bundle,`, () => {
  const reason = missing();
  if (reason) return void test.skip(reason);

  let place: Place;
  beforeAll(() => {
    place = newPlace();
    unpackBusybox(join(place.dir, "rootfs"));
  });
  afterAll(async () => {
    const left = remains(place);
    await removePlace(place);
    expect(left).toEqual([]);
  });

  const state = () => join(place.dir, "state");
  const bundle = () => join(place.dir, "bundle");

  const oursAlone = process.env.ERAS_RUNTIME === undefined ? {} : GENUINE_DOES;
  test.each(Object.keys(BAD_BUNDLES).filter((name) => !(name in oursAlone)))(
    "%s: says so in one line, ends with 1, and leaves nothing",
    async (name) => {
      const bad = BAD_BUNDLES[name]!;
      rmSync(bundle(), { recursive: true, force: true });
      makeBundle(bundle(), join(place.dir, "rootfs"), configOf(bad, `/${place.cgroupParent}/bad`));
      bad.spoil?.(bundle());
      const result = await runProgram(RUNTIME.path, ["--root", state(), "run", "--bundle", bundle(), "bad"]);
      expect(result).toEqual({ stdout: "", stderr: expect.stringMatching(ONE_LINE), status: 1 });
      expect(existsSync(state()) ? readdirSync(state()) : []).toEqual([]);
      expect(remains(place)).toEqual([]);
    },
  );
});
