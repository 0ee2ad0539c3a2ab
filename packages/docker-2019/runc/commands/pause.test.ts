import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  create,
  eventually,
  GENUINE,
  message,
  missing,
  OURS,
  type Runtime,
  runtime,
  start,
} from "../testsuite/on-bundle.ts";

const status = ({ call, id }: Runtime) => JSON.parse(call("state", id).stdout).status;

describe.skipIf(missing)(`runc pause, runc resume${missing ? ` (needs ${missing})` : ""}`, () => {
  test("the processes stand still, and go on", async () => {
    const ours = runtime(OURS, (spec) => ({
      ...spec,
      process: { ...spec.process!, args: ["sh", "-c", "while :; do echo >> /tmp/ticks; sleep 0.01; done"] },
    }));
    const ticks = () => readFileSync(`${ours.bundle}/rootfs/tmp/ticks`, "utf8").length;
    start(ours);
    expect(ours.call("pause", ours.id)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(status(ours)).toBe("paused");
    const before = ticks();
    await delay(200);
    expect(ticks()).toBe(before);
    expect(ours.call("resume", ours.id)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(status(ours)).toBe("running");
    await delay(200);
    expect(ticks()).toBeGreaterThan(before);
  });

  test("what can't be paused or resumed is told in the genuine one's words", async () => {
    const failures = [OURS, GENUINE].map(async (program) => {
      const each = runtime(program);
      const said: unknown[] = [];
      const call = (...args: string[]) => {
        const outcome = each.call(...args);
        said.push([outcome.status, outcome.status === 0 ? "" : message(outcome)]);
      };
      call("pause", "nobody");
      call("resume", "nobody");
      create(each);
      call("resume", each.id);
      call("pause", each.id);
      call("resume", each.id);
      each.call("start", each.id);
      call("resume", each.id);
      call("pause", each.id);
      call("pause", each.id);
      each.call("kill", each.id, "KILL");
      call("resume", each.id);
      await eventually(() => status(each)).toBe("stopped");
      call("pause", each.id);
      call("resume", each.id);
      return said;
    });
    expect(await failures[0]).toEqual(await failures[1]);
  });
});
