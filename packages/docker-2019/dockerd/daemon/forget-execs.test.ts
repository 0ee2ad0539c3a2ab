import { expect, test } from "vitest";
import { forgetExecs } from "./forget-execs.ts";

test("the second round after its end forgets an exec; one that runs, or was not started, stays", () => {
  const ended = { exitCode: 3, isToBeForgotten: false };
  const running: { exitCode: number | undefined; isToBeForgotten: boolean } = {
    exitCode: undefined,
    isToBeForgotten: false,
  };
  const execs = new Map([
    ["ended", ended],
    ["running", running],
  ]);
  forgetExecs(execs);
  expect([...execs.keys()]).toEqual(["ended", "running"]);
  forgetExecs(execs);
  expect([...execs.keys()]).toEqual(["running"]);
  running.exitCode = 0;
  forgetExecs(execs);
  forgetExecs(execs);
  expect([...execs.keys()]).toEqual([]);
});
