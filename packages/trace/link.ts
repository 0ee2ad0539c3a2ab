/**
 * How a call takes its run along, in a protocol that has room beside the request: metadata of gRPC and of ttrpc.
 *
 *     eras-trace: {"run":"<spool file>","parent":"<span that calls>","id":"<of the message>","from":"<actor>"}     as a URI writes it
 *
 * A genuine program passes over a key that it doesn't know. Untraced, nothing is sent.
 */
import { emit, newId, tracedActor, traceEnvironment, traceRequest } from "./context.ts";
import type { TraceMessage } from "./event.ts";

const KEY = "eras-trace";

interface Link {
  readonly run: string;
  readonly parent: string;
  readonly id: string;
  readonly from: string;
}

/** A call: `grpc`, `containerd.services.tasks.v1.Tasks/Create`, and the program that answers it. */
export interface TracedCall {
  readonly channel: TraceMessage["channel"];
  readonly method: string;
  readonly to: string;
}

/** Tells of a call that is about to be made. @returns Metadata to send with it; none where nothing is traced. */
export function announceCall(call: TracedCall): Readonly<Record<string, string>> {
  const from = tracedActor();
  const { ERAS_TRACE: run, ERAS_TRACE_PARENT: parent } = traceEnvironment();
  if (from === undefined || run === undefined || parent === undefined) return {};
  const link: Link = { run, parent, id: newId(), from };
  emit("send", call.channel, { msg: message(call, link) });
  return { [KEY]: encodeURI(JSON.stringify(link)) };
}

/** Whether a call belongs to a traced run. */
export function isTracedCall(metadata: ReadonlyMap<string, string>): boolean {
  return metadata.has(KEY);
}

/** Answers a call as a part of the run that it belongs to, if it belongs to one: `work`, and all that it starts. */
export async function adoptCall<Result>(
  metadata: ReadonlyMap<string, string>,
  call: TracedCall,
  work: () => Promise<Result>,
): Promise<Result> {
  const link = readLink(metadata.get(KEY));
  if (!link) return work();
  return traceRequest(link.run, call.to, link.parent, () => {
    emit("recv", call.channel, { msg: message(call, link) });
    return work();
  });
}

function message({ channel, method, to }: TracedCall, { id, from }: Link): TraceMessage {
  return { channel, from, to, id, summary: method };
}

/** Nothing that somebody may send makes a call fail. */
function readLink(text: string | undefined): Link | undefined {
  if (text === undefined) return undefined;
  try {
    const link = JSON.parse(decodeURI(text)) as Partial<Link> | null;
    const isWhole = [link?.run, link?.parent, link?.id, link?.from].every((part) => typeof part === "string");
    return isWhole ? (link as Link) : undefined;
  } catch {
    return undefined;
  }
}
