import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
