/** `docker wait`: an answer that comes when a container has ended. */
import type { WaitCondition, WaitResult } from "../container/state.ts";
import type { Daemon } from "../daemon/daemon.ts";
import type { ApiCall } from "./call.ts";

/** The head goes out at once, so that the client knows that it is waited for; the body when that has come about. */
export async function wait({ params, query, answer, signal }: ApiCall, daemon: Daemon): Promise<void> {
  const container = daemon.containers.get(params.name!);
  const result = container.state.wait(waitCondition(query.text("condition")), signal);
  const stream = answer.stream(200, { "Content-Type": "application/json" });
  const { exitCode: StatusCode, error } = await Promise.race([result, whenGone(signal)]);
  stream.write(`${JSON.stringify({ Error: error === undefined ? null : { Message: error }, StatusCode })}\n`);
  answer.end();
}

/** Somebody who has sent all, and reads on, is told so. */
function whenGone(signal: AbortSignal): Promise<WaitResult> {
  const result = { exitCode: -1, error: "context canceled" };
  return new Promise((resolve) => {
    if (signal.aborted) resolve(result);
    signal.addEventListener("abort", () => resolve(result), { once: true });
  });
}

function waitCondition(text: string): WaitCondition {
  return text === "next-exit" || text === "removed" ? text : "not-running";
}
