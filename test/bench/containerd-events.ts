/** Events by gRPC: published by one client, and counted by another as they come back. */
import { packAny } from "@eras/docker-2019/proto/any.ts";
import { NAMESPACE_KEY } from "@eras/docker-2019/proto/call.ts";
import { TaskStartSchema } from "@eras/docker-2019/proto/gen/event-messages_pb.ts";
import { type Envelope, Events } from "@eras/docker-2019/proto/gen/events_pb.ts";
import { connectGrpc, grpcClient } from "@eras/docker-2019/proto/grpc/client.ts";

const METADATA = { [NAMESPACE_KEY]: "default" };
const COUNTED = "/tasks/start";
/** Shows that the subscription has begun: nothing else does. */
const HERALD = "/tasks/create";
/** Calls under way at a time. */
const CALLS = 32;

/** Publishes events, and waits until a subscriber has them all. @returns Milliseconds. */
export async function passEvents(socket: string, count: number): Promise<number> {
  const [publisher, subscriber] = [connectGrpc(socket), connectGrpc(socket)];
  const { publish } = grpcClient(Events, publisher, METADATA);
  const event = packAny(TaskStartSchema, { containerId: "bench", pid: 1 });
  const events = grpcClient(Events, subscriber, METADATA).subscribe({
    filters: [`topic=="${HERALD}"`, `topic=="${COUNTED}"`],
  });
  try {
    let begun = false;
    const herald = events.next().finally(() => (begun = true));
    herald.catch(() => {}); // told below
    while (!begun) await publish({ topic: HERALD, event });
    await herald;
    const start = performance.now();
    let sent = 0;
    const sendAll = async () => {
      while (sent++ < count) await publish({ topic: COUNTED, event });
    };
    await Promise.all([hear(events, count), ...Array.from({ length: CALLS }, sendAll)]);
    return performance.now() - start;
  } finally {
    await events.return();
    publisher.close();
    subscriber.close();
  }
}

/** Heralds may still be on the way. */
async function hear(events: AsyncGenerator<Envelope>, count: number): Promise<void> {
  for (let heard = 0; heard < count; ) {
    const { value, done } = await events.next();
    if (done) throw new Error(`The subscription ended after ${heard} of ${count} events`);
    if (value.topic === COUNTED) heard++;
  }
}
