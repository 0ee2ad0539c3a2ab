import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseMountinfo } from "@eras/linux/mountinfo.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { describe, expect, test } from "vitest";
import { GENUINE, message, missing, OURS, runtime } from "../testsuite/on-bundle.ts";

describe.skipIf(missing)(`runc spec${missing ? ` (needs ${missing})` : ""}`, () => {
  test.each([[], ["--rootless"]])("writes what the genuine one writes %s", (...args) => {
    const [ours, theirs] = [OURS, GENUINE].map((program) => {
      const { call, root } = runtime(program);
      const dir = join(root, "..");
      expect(call("spec", "--bundle", dir, ...args)).toMatchObject({ status: 0, stdout: "", stderr: "" });
      return { text: readFileSync(join(dir, "config.json"), "utf8"), mode: statSync(join(dir, "config.json")).mode };
    });
    const newest = ours!.text.replace('"ociVersion": "1.2.0"', '"ociVersion": "1.0.2-dev"');
    expect({ ...ours!, text: newest }).toEqual(theirs);
  });

  test("what it writes --rootless runs, with the container's cgroups on the host's", () => {
    const [ours, theirs] = [OURS, GENUINE].map((program) => {
      const { call, bundle, id } = runtime(program);
      const config = join(bundle, "config.json");
      rmSync(config);
      call("spec", "--rootless", "-b", bundle);
      const spec: Spec = JSON.parse(readFileSync(config, "utf8"));
      const args = ["sh", "-c", "busybox grep /sys/fs/cgroup /proc/self/mountinfo"];
      writeFileSync(config, JSON.stringify({ ...spec, process: { ...spec.process, terminal: false, args } }));
      const { status, stdout } = call("run", "-b", bundle, id);
      const mounts = parseMountinfo(stdout.replaceAll(id, "ID"));
      const shown = mounts.map(({ root, mountPoint, options }) => [root, mountPoint, ...options].join(" "));
      return { status, mounts: shown.sort() };
    });
    expect(ours).toEqual(theirs);
    expect(ours!.status).toBe(0);
  });

  test("does not overwrite", () => {
    const outcomes = [OURS, GENUINE].map((program) => {
      const { call, bundle } = runtime(program);
      const path = join(bundle, "config.json");
      writeFileSync(path, "mine");
      const outcome = call("spec", "-b", bundle);
      return [outcome.status, message(outcome), readFileSync(path, "utf8")];
    });
    expect(outcomes[0]).toEqual([1, "File config.json exists. Remove it first", "mine"]);
    expect(outcomes[0]).toEqual(outcomes[1]);
  });

  test("needs a directory", () => {
    const [ours, theirs] = [OURS, GENUINE].map((program) => runtime(program).call("spec", "-b", "/proc/none"));
    expect([ours!.status, message(ours!)]).toEqual([theirs!.status, message(theirs!)]);
  });
});
