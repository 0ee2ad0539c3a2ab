/** What containerd tells of tasks, for as long as dockerd lives: the stream is opened again when it breaks. */
import { setTimeout as delay } from "node:timers/promises";
import { TaskExitSchema, TaskOOMSchema } from "../../proto/gen/event-messages_pb.ts";
import { Events } from "../../proto/gen/events_pb.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { grpcClient } from "../../proto/grpc/client.ts";
import { fromBinary } from "../../proto/message.ts";
import { dateOf } from "../../proto/timestamps.ts";
import type { Containerd } from "./containerd.ts";

/** Between attempts. */
const RETRY_MS = 100;

/** Who is told. Of a process that an exec has added, `execId` is its id; of a container's own, empty. */
export interface TaskListener {
  exited(id: string, execId: string, exit: { readonly pid: number; readonly status: number; readonly at: Date }): void;
  outOfMemory(id: string): void;
  /** The stream was broken, and is open again: something may have been missed. */
  reconnected(): void;
}

/** Listens until the signal is aborted. Resolves when the stream is open for the first time. */
export function listenToTasks(containerd: Containerd, listener: TaskListener, signal: AbortSignal): Promise<void> {
  const opened = Promise.withResolvers<void>();
  void follow(containerd, listener, signal, opened.resolve);
  return opened.promise;
}

async function follow(
  { channel, headers, namespace }: Containerd,
  listener: TaskListener,
  signal: AbortSignal,
  opened: () => void,
): Promise<void> {
  const events = grpcClient(Events, channel, headers);
  const filters = [`namespace==${namespace},topic~=|^/tasks/|`];
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const stream = events.subscribe({ filters }, { signal });
      if (attempt === 0) opened();
      else listener.reconnected();
      for await (const { topic, event } of stream) tell(listener, topic, event!);
    } catch {
      // containerd has gone, or we are to end; the loop knows which
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}

function tell(listener: TaskListener, topic: string, { value }: Any): void {
  TELLERS[topic]?.(listener, value);
}

const TELLERS: Readonly<Record<string, (listener: TaskListener, value: Uint8Array) => void>> = {
  "/tasks/exit": (listener, value) => {
    const { containerId, id, pid, exitStatus: status, exitedAt } = fromBinary(TaskExitSchema, value);
    const at = dateOf(exitedAt) ?? new Date();
    listener.exited(containerId, id === containerId ? "" : id, { pid, status, at });
  },
  "/tasks/oom": (listener, value) => listener.outOfMemory(fromBinary(TaskOOMSchema, value).containerId),
};
