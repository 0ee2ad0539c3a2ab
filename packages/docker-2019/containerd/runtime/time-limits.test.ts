/** What a shim does that never answers, with a clock that runs as we say. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { Status } from "../../proto/gen/process_pb.ts";
import { Task as TaskApi } from "../../proto/gen/shim_pb.ts";
import { connectTtrpc } from "../../proto/ttrpc/client.ts";
import { implement, ttrpcServer } from "../../proto/ttrpc/server.ts";
import { Bundle } from "./bundle.ts";
import { callShimDelete } from "./shim-launcher.ts";
import { Task } from "./task.ts";

const SECOND = 1000;

let dir: string;
let bundle: Bundle;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "eras-time-limits-"));
  bundle = Bundle.load({ root: join(dir, "root"), state: join(dir, "state") }, "default", "web");
  mkdirSync(bundle.path, { recursive: true });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true });
});

/** Resolves when the promise has, once so much time has gone by; not before. */
async function takes<T>(seconds: number, asked: Promise<T>): Promise<T> {
  let isOver = false;
  const over = asked.finally(() => (isOver = true));
  over.catch(() => {}); // for whoever waits
  await vi.advanceTimersByTimeAsync((seconds - 1) * SECOND);
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(SECOND);
  return over;
}

describe("a shim that never answers", () => {
  test("is passed over in a list, and given up when it is to end", async () => {
    const never = () => new Promise<never>(() => {});
    const server = ttrpcServer([implement(TaskApi, { state: never, stats: never, shutdown: never })]);
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(join(dir, "shim"), resolve));
    const task = new Task(bundle, await connectTtrpc(join(dir, "shim")));
    expect(await takes(2, task.glance())).toEqual({ id: "web", status: Status.UNKNOWN });
    await expect(takes(2, task.stats())).rejects.toMatchObject({ kind: "DeadlineExceeded" });
    await takes(3, task.shutdown());
    await task.connection.closed;
  });

  test("is killed when it is to clean up, with the runtime that it waits for", async () => {
    const shim = join(dir, "shim");
    writeFileSync(shim, "#!/bin/sh\necho waiting >&2; sleep 1000 & wait\n", { mode: 0o755 });
    const context = { address: "", ttrpcAddress: "", executable: "" };
    await expect(takes(60, callShimDelete(bundle, shim, context))).rejects.toThrow(
      /Cannot delete web: .*shim ended with/,
    );
  });
});
