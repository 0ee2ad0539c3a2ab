import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { checkSelinuxLabel, isSelinuxEnabled } from "./selinux.ts";

describe("checkSelinuxLabel()", () => {
  test.skipIf(isSelinuxEnabled())("refuses a label where there is no SELinux", () => {
    const label = "system_u:system_r:container_t:s0";
    expect(() => checkSelinuxLabel(label)).toThrow(
      "selinux label is specified in config, but selinux is disabled or not supported",
    );
    expect(() => checkSelinuxLabel("")).not.toThrow();
  });
});

describe("setExecLabel()", () => {
  test("never takes a refusal for a success", () => {
    const [outcome] = inFork(`import { setExecLabel } from "./process/selinux.ts";`, `setExecLabel("no such label");`);
    expect(outcome).toEqual({ error: "can't set process label: invalid argument" });
  });
});
