/**
 * The shim of 2019 against containerd's own, as containerd starts them:
 *
 *     start      `… start`, from exec until it has printed where its shim listens, and has let go of its streams
 *     ready      the same, until the shim has answered Connect
 */
import { Task } from "@eras/docker-2019/proto/gen/shim_pb.ts";
import { connectTtrpc, socketPath, ttrpcClient } from "@eras/docker-2019/proto/ttrpc/client.ts";
import { GENUINE_SHIM, OUR_SHIM, ShimSession } from "../interop/shim-session.ts";
import { type Measured, takeTurns } from "./interleaved.ts";
import { progress, report } from "./report.ts";

const [OURS, GENUINE] = ["containerd-shim-eras-v2", "containerd-shim-runc-v2"];
const MOMENTS = ["start", "ready"] as const;

/** @param turns - Counted starts of each. */
export async function benchShim(turns: number): Promise<void> {
  const sessions = [
    { name: OURS, session: new ShimSession(OUR_SHIM) },
    { name: GENUINE, session: new ShimSession(GENUINE_SHIM) },
  ];
  const contenders: Measured[] = MOMENTS.flatMap((moment) =>
    sessions.map(({ name, session }) => ({
      name: `${name} ${moment}`,
      measure: async () => (await timeStart(session))[moment],
    })),
  );
  try {
    report(
      await takeTurns(contenders, turns, progress(turns)),
      MOMENTS.map((moment) => [`${OURS} ${moment}`, `${GENUINE} ${moment}`] as const),
    );
  } finally {
    for (const { session } of sessions) await session.close();
  }
}

let count = 0;

/** Starts a shim, and ends it. @returns Milliseconds from its exec to each moment. */
async function timeStart(session: ShimSession): Promise<Record<(typeof MOMENTS)[number], number>> {
  const id = `c${++count}`;
  session.makeBundle(id, (spec) => spec);
  const began = performance.now();
  const { stdout, stderr, status } = await session.call(id, "start");
  if (status !== 0) throw new Error(`Cannot time the start of a shim: ${stderr}`);
  const start = performance.now() - began;
  const connection = await connectTtrpc(socketPath(stdout));
  const task = ttrpcClient(Task, connection);
  await task.connect({ id });
  const ready = performance.now() - began;
  await task.shutdown({ id }).catch(() => {}); // it may end before it has answered
  await connection.closed;
  return { start, ready };
}
