/** `containerd publish`: how shims of containerd 1.2 told of an event. They ran this program for each, with the event on standard input. */
import { readFileSync } from "node:fs";
import { NAMESPACE_KEY } from "../proto/call.ts";
import { Events } from "../proto/gen/events_pb.ts";
import { AnySchema } from "../proto/gen/google/protobuf/any_pb.ts";
import { connectGrpc, grpcClient } from "../proto/grpc/client.ts";
import { fromBinary } from "../proto/message.ts";
import type { PublishFlags } from "./command-line.ts";

const STDIN = 0;
const TIMEOUT_MS = 5_000;

/** @throws {KindError} When containerd can't be reached or won't have it. */
export async function publish({ address, topic, namespace }: PublishFlags): Promise<void> {
  const event = fromBinary(AnySchema, readFileSync(STDIN));
  const channel = connectGrpc(address);
  try {
    const events = grpcClient(Events, channel, { [NAMESPACE_KEY]: namespace });
    await events.publish({ topic, event }, { timeoutMs: TIMEOUT_MS });
  } finally {
    channel.close();
  }
}
