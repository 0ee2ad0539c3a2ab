/**
 * Bundles that can't be run: each gets one line that says why, exit status 1, and leaves nothing. Then small changes to a good one:
 * whatever the runtime makes of them, it either runs the container or says in one line why not.
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeBundle } from "../harness/bundle.ts";
import { unpackBusybox } from "../harness/busybox-image.ts";
import { newPlace, type Place, remains, removePlace } from "../harness/remains.ts";
import { runProgram } from "../harness/run-program.ts";
import { missing, RUNTIME } from "../harness/runtime-under-test.ts";
import { BAD_BUNDLES, configOf, GENUINE_DOES } from "./bad-bundles.ts";
import { changedSpec } from "./changed-spec.ts";

const CHANGES = Number(process.env.ERAS_BAD_BUNDLES ?? 60);
const ONE_LINE = /^[^\n]+\n$/;
/** Genuine runc's stages in C may add a line of their own. */
const COMPLAINT = process.env.ERAS_RUNTIME === undefined ? ONE_LINE : /^(time=.* level=(error|fatal) .*\n)+$/;

describe(`${RUNTIME.name}, given a bad bundle,`, () => {
  const reason = missing();
  if (reason) return void test.skip(reason);

  let place: Place;
  beforeAll(() => {
    place = newPlace();
    unpackBusybox(join(place.dir, "rootfs"));
  });
  afterAll(async () => {
    expect(await removePlace(place)).toEqual([]);
  });

  const state = () => join(place.dir, "state");
  const left = () => (existsSync(state()) ? readdirSync(state()) : []);
  const cgroupsPath = () => `/${place.cgroupParent}/bad`;
  const run = () => runProgram(RUNTIME.path, ["--root", state(), "run", "--bundle", bundle(), "bad"]);
  const bundle = () => join(place.dir, "bundle");

  const oursAlone = process.env.ERAS_RUNTIME === undefined ? {} : GENUINE_DOES;
  test.each(Object.keys(BAD_BUNDLES).filter((name) => !(name in oursAlone)))(
    "%s: says so in one line, ends with 1, and leaves nothing",
    async (name) => {
      const bad = BAD_BUNDLES[name]!;
      rmSync(bundle(), { recursive: true, force: true });
      makeBundle(bundle(), join(place.dir, "rootfs"), configOf(bad, cgroupsPath()));
      bad.spoil?.(bundle());
      const result = await runProgram(RUNTIME.path, ["--root", state(), "run", "--bundle", bundle(), "bad"]);
      expect(result).toEqual({ stdout: "", stderr: expect.stringMatching(ONE_LINE), status: 1 });
      expect(existsSync(state()) ? readdirSync(state()) : []).toEqual([]);
      expect(remains(place)).toEqual([]);
    },
  );

  test(`survives ${CHANGES} changes to a good one`, async () => {
    rmSync(bundle(), { recursive: true, force: true });
    makeBundle(bundle(), join(place.dir, "rootfs"), "");
    const verdicts = { run: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(changedSpec, async ({ change, spec }) => {
        writeFileSync(join(bundle(), "config.json"), JSON.stringify(configOf({ config: spec }, cgroupsPath())));
        const { stderr, status } = await run();
        const complaint = stderr.replace(/.*level=warning.*\n/g, "");
        verdicts[status === 1 ? "refused" : "run"]++;
        // What has been started ends with its own status; a signal of a filter or a limit is one, too.
        expect({ complaint, status }, change).toEqual(
          status === 1
            ? { complaint: expect.stringMatching(COMPLAINT), status }
            : { complaint: "", status: expect.any(Number) },
        );
        expect([...left(), ...remains(place)], change).toEqual([]);
      }),
      { numRuns: CHANGES },
    );
    console.log(verdicts);
    for (const verdict of ["run", "refused"] as const) expect(verdicts[verdict], verdict).toBeGreaterThan(0);
  }, 900_000);
});
