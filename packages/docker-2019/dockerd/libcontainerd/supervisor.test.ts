import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { processExists } from "@eras/linux/proc.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newPlace, type Place, removePlace } from "../../../../test/harness/remains.ts";
import { ContainerdSupervisor } from "./supervisor.ts";

const CONTAINERD = resolve(import.meta.dirname, "../../../../bin/containerd-2019");

let place: Place;
beforeEach(() => {
  place = newPlace();
  mkdirSync(join(place.dir, "disk"));
  symlinkSync(join(place.dir, "disk"), join(place.dir, "var")); // as /var/run is one, to an absolute path
});
afterEach(async () => {
  await removePlace(place);
});

const roots = () => ({ dataRoot: join(place.dir, "var/data"), execRoot: join(place.dir, "var/run") });

/** A containerd at the paths that the supervisor's would have; `elsewhere` in a file system of its own. Resolves when it serves. */
async function startForgotten(elsewhere: boolean): Promise<ChildProcessByStdio<null, null, Readable>> {
  const { dataRoot, execRoot } = roots();
  const dir = join(execRoot, "containerd");
  const words = ["--root", join(dataRoot, "containerd/daemon"), "--state", join(dir, "daemon")];
  const script = `${elsewhere ? `mount -t tmpfs tmpfs ${place.dir}/disk && ` : ""}mkdir -p ${dir} && exec "$@"`;
  const command = ["sh", "-c", script, "sh", CONTAINERD, ...words, "--address", join(dir, "containerd.sock")];
  const child = spawn("unshare", ["--mount", "--propagation", "private", ...command], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  for (let log = ""; !log.includes("serving on"); ) log += (await once(child.stderr, "data"))[0];
  child.stderr.resume();
  return child;
}

test.each([
  { which: "ends a containerd that a dockerd before it left", elsewhere: false },
  { which: "leaves one alone that has the same paths in another file system", elsewhere: true },
])("a start $which", async ({ elsewhere }) => {
  const forgotten = await startForgotten(elsewhere);
  const ended = once(forgotten, "exit");
  const supervisor = new ContainerdSupervisor(roots());
  try {
    await supervisor.start();
    if (!elsewhere) await ended;
    expect(processExists(forgotten.pid!)).toBe(elsewhere);
  } finally {
    await supervisor.stop();
    forgotten.kill("SIGKILL");
    await ended;
  }
});
