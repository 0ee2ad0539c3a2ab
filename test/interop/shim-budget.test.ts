/** What a shim costs: there is one for each container, or for each group of them. */
import { resolve } from "node:path";
import { afterEach, expect, test } from "vitest";
import { pssKib } from "../harness/memory.ts";
import { OUR_SHIM, type Served, ShimSession } from "./shim-session.ts";

const CONTAINERS = 10;
const LABEL = "example.org/pod";
const PSS_MAX_KIB = 13 << 10;
const OUR_RUNC = resolve(import.meta.dirname, "../../bin/runc-2019");

let session: ShimSession;
afterEach(async () => {
  expect(await session.close()).toEqual([]);
});

/** A shim that ends has packed what it loaded, if that has changed: those after it load the pack. */
async function liveThrough({ task, create, id }: Served): Promise<void> {
  await create();
  await task.start({ id });
  await task.kill({ id, signal: 9 });
  await task.wait({ id });
  await task.delete({ id });
  await task.shutdown({ id }).catch(() => {}); // it is gone before it can answer
}

/** Starts containers; with a pod, all have its label. @returns Their shims, each once. */
async function startContainers(pod?: string): Promise<number[]> {
  const pids: number[] = [];
  for (let i = 0; i < CONTAINERS; i++) {
    const { task, create, id, shimPid } = await session.start(`c${i}`, (spec) =>
      pod === undefined ? spec : { ...spec, annotations: { [LABEL]: pod } },
    );
    await create();
    await task.start({ id });
    pids.push(shimPid);
  }
  return [...new Set(pids)];
}

test("ten shims with a running container each take 13 MiB each, soon after", async () => {
  session = new ShimSession(OUR_SHIM, OUR_RUNC);
  await liveThrough(await session.start("before"));
  const pids = await startContainers();
  expect(pids).toHaveLength(CONTAINERS);
  const largest = () => Math.max(...pids.map(pssKib));
  await expect.poll(largest, { timeout: 30_000, interval: 500 }).toBeLessThanOrEqual(PSS_MAX_KIB);
});

test("one shim with ten running containers takes no more than two shims with one each", async () => {
  session = new ShimSession(OUR_SHIM, OUR_RUNC, ["-group", LABEL]);
  await liveThrough(await session.start("before"));
  const [shim, ...others] = await startContainers("web");
  expect(others).toEqual([]);
  await expect.poll(() => pssKib(shim!), { timeout: 30_000, interval: 500 }).toBeLessThanOrEqual(2 * PSS_MAX_KIB);
});
