/** Memory, given back when nobody has called for a while. */
import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { collectGarbage } from "../garbage.ts";
import { memoryReleaser } from "../idle.ts";

const IDLE_MS = 10_000;

/** @returns To be given to the server: sees each call go by. */
export function releaseWhenIdle(): ServerInterceptor {
  const noteActivity = memoryReleaser(IDLE_MS, collectGarbage);
  noteActivity(); // the start was much of it
  return (_, call) => {
    noteActivity();
    return new ServerInterceptingCall(call);
  };
}
