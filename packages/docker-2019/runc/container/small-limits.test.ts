/** Containers with the least memory that Docker allows, to which the init, a fork of Node, is charged; and with a single process. */
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { describe, expect, test } from "vitest";
import { GENUINE, message, missing, OURS, type Runtime, runtime, start } from "../testsuite/on-bundle.ts";
import { outcome } from "../testsuite/outcome.ts";

const MIB = 1024 * 1024;

function withMemory(limit: number): (spec: Spec) => Spec {
  return (spec) => ({
    ...spec,
    linux: { ...spec.linux, resources: { ...spec.linux?.resources, memory: { limit, swap: limit } } },
  });
}

const call = (container: Runtime, name: string, ...args: string[]) => outcome(container, [name, container.id, ...args]);

describe.skipIf(missing)(`with a limit${missing ? ` (needs ${missing})` : ""}`, () => {
  test.each([
    ["of 6 MiB, Docker's least since 20.10", 6],
    ["of 4 MiB, Docker's least before", 4],
  ])("%s, a container runs and is entered", (_limit, mib) => {
    const container = runtime(OURS, withMemory(mib * MIB));
    expect(call(container, "create")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(call(container, "start")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(call(container, "exec", "/bin/busybox", "echo", "here")).toEqual({
      status: 0,
      stdout: "here\n",
      stderr: "",
    });
  });

  test("that is too small, it says so in the genuine one's words, and nothing is left", () => {
    const [ours, genuine] = [OURS, GENUINE].map((program) => {
      const container = runtime(program, withMemory(MIB / 2));
      const created = message(call(container, "create"));
      expect(message(call(container, "state"))).toBe("container does not exist");
      return created.replace(/usage: \d+/g, "usage: N");
    });
    expect(ours).toBe(genuine);
  });

  test("of one process, there may be that one, and no other", () => {
    const alone = (spec: Spec): Spec => ({
      ...spec,
      process: { ...spec.process!, args: ["/bin/sh", "-c", "echo here; /bin/busybox true; exit 3"] },
      linux: { ...spec.linux, resources: { ...spec.linux?.resources, pids: { limit: 1 } } },
    });
    const [ours, genuine] = [OURS, GENUINE].map((program) => call(runtime(program, alone), "run"));
    expect(ours).toEqual(genuine);
    expect(ours).toMatchObject({ stdout: "here\n", stderr: expect.stringContaining("can't fork") });
  });

  test("of two processes, which are there, it is entered: the limit is one of forks", () => {
    const full = (spec: Spec): Spec => ({
      ...spec,
      process: { ...spec.process!, args: ["/bin/sh", "-c", "sleep 1000 & exec sleep 1000"] },
      linux: { ...spec.linux, resources: { ...spec.linux?.resources, pids: { limit: 2 } } },
    });
    const container = runtime(OURS, full);
    start(container);
    expect(call(container, "exec", "/bin/sh", "-c", "echo here; /bin/busybox true; exit 3")).toEqual({
      status: 2,
      stdout: "here\n",
      stderr: expect.stringContaining("can't fork"),
    });
  });
});
