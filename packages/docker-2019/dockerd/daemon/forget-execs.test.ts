import { expect, test } from "vitest";
import type { ExecCreateRequest } from "../../engine-api/exec.ts";
import { Container } from "../container/container.ts";
import { Exec } from "../container/exec.ts";
import { forgetExecs } from "./forget-execs.ts";

const CONFIG = {} as ExecCreateRequest; // nothing of it is asked

test("the second round after its end forgets an exec; one that runs, or was not started, stays", () => {
  const container = Object.create(Container.prototype) as Container; // nothing of it is asked
  const names = ["ended", "running", "described"];
  const execs = new Map(names.map((id) => [id, new Exec(id, container, CONFIG)]));
  execs.get("running")!.isRunning = true;
  execs.get("ended")!.setEnded(3);
  forgetExecs(execs);
  expect([...execs.keys()]).toEqual(names);
  forgetExecs(execs);
  expect([...execs.keys()]).toEqual(["running", "described"]);
  execs.get("running")!.setEnded(0);
  forgetExecs(execs);
  forgetExecs(execs);
  expect([...execs.keys()]).toEqual(["described"]);
});
