import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { TaskOOMSchema } from "../proto/gen/event-messages_pb.ts";
import { Events } from "../proto/gen/events-ttrpc_pb.ts";
import { implement, ttrpcServer } from "../proto/ttrpc/server.ts";
import { Publisher } from "./publisher.ts";

const ATTEMPTS = 5;

test("Publisher drops an event that containerd has not taken five times, and tells the next one", async () => {
  const dir = mkdtempSync(join(tmpdir(), "eras-publisher-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const asked: string[] = [];
  const forward = ({ envelope }: { envelope?: { topic: string } | undefined }) => {
    asked.push(envelope!.topic);
    return envelope!.topic === "/tasks/oom" ? new Promise<never>(() => {}) : {};
  };
  const server = ttrpcServer([implement(Events, { forward })]);
  await new Promise<void>((resolve) => server.listen(join(dir, "containerd"), resolve));
  onTestFinished(() => void server.close());
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const publisher = new Publisher("default", join(dir, "containerd"));
  for (const topic of ["/tasks/oom", "/tasks/exit"]) publisher.publish(topic, TaskOOMSchema, { containerId: "web" });
  let isFlushed = false;
  void publisher.flushed().then(() => (isFlushed = true));
  while (!isFlushed) {
    await vi.advanceTimersByTimeAsync(100);
    await setImmediate(); // a look at the socket
  }
  expect(asked).toEqual([...Array<string>(ATTEMPTS).fill("/tasks/oom"), "/tasks/exit"]);
});
