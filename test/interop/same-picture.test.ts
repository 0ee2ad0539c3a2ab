/**
 * The same bundle looks the same from inside, whoever runs it: identity, capabilities, limits, mounts, devices, descriptors, signals,
 * namespaces, control groups, and what a process in it may do.
 *
 * Ours has to agree with genuine runc in every line. A second genuine runtime, crun, tells what of it is runc's own way.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { GENUINE_RUNC, missing, RUNTIME, type Runtime } from "../harness/runtime-under-test.ts";
import type { Picture } from "./picture/comparable.ts";
import { CRUN_REFUSES, RUNC_ALONE, sharedWithCrun } from "./picture/crun-ways.ts";
import { sittings } from "./picture/sittings.ts";
import { Studio } from "./picture/studio.ts";

/**
 * crun where there are no control groups of version 2 beside those of version 1, for it would refuse to run, and with a /dev/null of
 * its own: it makes it the container's user's.
 */
const CRUN_ALONE = `#!/bin/sh
null=$(dirname "$0")/null
rm -f "$null" && mknod --mode=666 "$null" c 1 3
exec unshare --mount sh -c '
  umount /sys/fs/cgroup/unified 2>"$0"
  mount --bind "$0" /dev/null && exec /usr/bin/crun "$@"
' "$null" "$@"
`;

describe(`a container of ${RUNTIME.name} looks as one of`, () => {
  const reason = missing("/usr/bin/crun");
  if (reason) return void test.skip(reason);

  let place: Place;
  let studio: Studio;
  let holder: ChildProcess;
  let crun: Runtime;
  beforeAll(() => {
    place = newPlace();
    studio = new Studio(place);
    holder = spawn("unshare", ["--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "sleep", "1000"], {
      stdio: "ignore",
    });
    crun = { name: "crun", path: join(place.dir, "crun") };
    writeFileSync(crun.path, CRUN_ALONE);
    chmodSync(crun.path, 0o755);
  });
  afterAll(async () => {
    holder.kill("SIGKILL"); // it lets others pass; its child ends with it
    expect(await removePlace(place)).toEqual([]);
  });

  const taken = new Map<string, Picture>();
  async function picture(runtime: Runtime, name: string): Promise<Picture> {
    const key = `${runtime.path} ${name}`;
    if (!taken.has(key)) taken.set(key, await studio.takePicture(runtime, sittings(holder.pid!)[name]!));
    return taken.get(key)!;
  }

  const names = Object.keys(sittings(0));

  describe("genuine runc:", () => {
    test.each(names.filter((name) => !(name in RUNC_ALONE)))("%s", async (name) => {
      const genuine = await studio.takePicture(GENUINE_RUNC, sittings(holder.pid!)[name]!);
      expect(await picture(RUNTIME, name)).toEqual(genuine);
    });
  });

  describe("genuine crun, apart from its own ways:", () => {
    const impossible = process.env.ERAS_RUNTIME === undefined ? CRUN_REFUSES : { ...CRUN_REFUSES, ...RUNC_ALONE };
    test.each(names.filter((name) => !(name in impossible)))("%s", async (name) => {
      expect(sharedWithCrun(await picture(RUNTIME, name))).toEqual(sharedWithCrun(await picture(crun, name)));
    });
  });
});
