import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, test } from "vitest";
import { AnySchema } from "../../proto/gen/google/protobuf/any_pb.ts";
import { create } from "../../proto/message.ts";
import { Exchange } from "./exchange.ts";

const event = create(AnySchema, {});
const BACKLOG_MAX = 100_000;

/** A subscriber that has had one event, and those that are told now wait for it. */
async function subscriberWith(backlog: number) {
  const [exchange, controller] = [new Exchange(), new AbortController()];
  const events = exchange.subscribe(({ topic }) => topic !== "/other", controller.signal);
  const first = events.next();
  for (let i = 0; i <= backlog; i++) exchange.publish("test", `/a/${i}`, event);
  await first;
  return { exchange, events, controller };
}

describe("Exchange", () => {
  test("keeps what a subscriber has not read yet, in its order, and nothing that it doesn't want", async () => {
    const { exchange, events, controller } = await subscriberWith(2);
    exchange.publish("test", "/other", event);
    for (const topic of ["/a/1", "/a/2"]) expect((await events.next()).value).toMatchObject({ topic });
    const none = events.next();
    controller.abort();
    expect(await none).toEqual({ value: undefined, done: true });
  });

  test("drops a subscriber that is too far behind, rather than events of it", async () => {
    const { exchange, events } = await subscriberWith(2);
    for (let i = 0; i <= BACKLOG_MAX; i++) exchange.publish("test", "/b", event);
    for (const topic of ["/a/1", "/a/2"]) expect((await events.next()).value).toMatchObject({ topic });
    await expect(events.next()).rejects.toThrow(`the reader of events is ${BACKLOG_MAX} events behind`);
    exchange.publish("test", "/c", event); // for nobody
    expect((await events.next()).done).toBe(true);
  });

  test.each(["", "a", "/", "/a//b", "/a b"])("refuses the topic %j", (topic) => {
    expect(() => new Exchange().publish("test", topic, event)).toThrow(InvalidArgument);
  });
});
