import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { missing, OURS, runtime } from "../testsuite/on-bundle.ts";

describe.skipIf(missing)(`the sealed Node${missing ? ` (needs ${missing})` : ""}`, () => {
  test("leaves no mount on a host whose mounts are shared, as systemd makes them", () => {
    const { program, root, bundle, id } = runtime(OURS, (spec) => ({
      ...spec,
      process: { ...spec.process!, args: ["sh", "-c", "echo ran"] },
    }));
    const script = '"$@" || exit; grep -c /bin/node /proc/self/mountinfo';
    const args = [program, "--root", root, "run", "--bundle", bundle, id];
    const unshared = ["--mount", "--propagation", "shared", "sh", "-c", script, "sh", ...args];
    const { stdout, stderr } = spawnSync("unshare", unshared, { encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: "ran\n0\n", stderr: "" });
  });
});
