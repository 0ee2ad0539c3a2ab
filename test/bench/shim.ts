/**
 * The shim of 2019 against containerd's own, as containerd starts them:
 *
 *     start      `… start`, from exec until it has printed where its shim listens, and has let go of its streams
 *     ready      the same, until the shim has answered Connect
 */
import { Task } from "@eras/docker-2019/proto/gen/shim_pb.ts";
import { connectTtrpc, socketPath, ttrpcClient } from "@eras/docker-2019/proto/ttrpc/client.ts";
import { GENUINE_SHIM, OUR_SHIM, ShimSession } from "../interop/shim-session.ts";
import type { Timing } from "./interleaved.ts";
import { progress, report } from "./report.ts";

/** One of the two, with all that its shims have on the machine. */
interface Contender {
  readonly name: string;
  readonly session: ShimSession;
}

/** @param turns - Counted starts of each; one more goes before and is not counted. */
export async function benchShim(turns: number): Promise<void> {
  const contenders = [
    { name: "containerd-shim-eras-v2", session: new ShimSession(OUR_SHIM) },
    { name: "containerd-shim-runc-v2", session: new ShimSession(GENUINE_SHIM) },
  ];
  const timings: Timing[] = ["start", "ready"].flatMap((what) =>
    contenders.map(({ name }) => ({ name: `${name} ${what}`, runsMs: [] })),
  );
  const onTurn = progress(turns);
  try {
    for (let turn = 0; turn <= turns; turn++) {
      for (const contender of contenders) {
        const times = await timeStart(contender, `c${turn}`);
        for (const [what, ms] of Object.entries(times)) {
          if (turn > 0) timings.find(({ name }) => name === `${contender.name} ${what}`)!.runsMs.push(ms);
        }
      }
      onTurn(turn);
    }
  } finally {
    for (const { session } of contenders) await session.close();
  }
  report(
    timings,
    ["start", "ready"].map((what) => [`containerd-shim-eras-v2 ${what}`, `containerd-shim-runc-v2 ${what}`] as const),
  );
}

async function timeStart({ name, session }: Contender, id: string): Promise<{ start: number; ready: number }> {
  session.makeBundle(id, (spec) => spec);
  const began = performance.now();
  const { stdout, stderr, status } = await session.call(id, "start");
  if (status !== 0) throw new Error(`Cannot time ${name}: ${stderr}`);
  const start = performance.now() - began;
  const connection = await connectTtrpc(socketPath(stdout));
  const task = ttrpcClient(Task, connection);
  await task.connect({ id });
  const ready = performance.now() - began;
  await task.shutdown({ id }).catch(() => {}); // it may end before it has answered
  await connection.closed;
  return { start, ready };
}
