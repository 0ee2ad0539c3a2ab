/**
 * How a call takes its run along, in a protocol that has room beside the request: metadata of gRPC and of ttrpc, headers of HTTP.
 *
 *     eras-trace: {"run":"<spool file>","parent":"<span that calls>","id":"<of the message>","from":"<actor>"}     as a URI writes it
 *
 * A genuine program passes over a key that it doesn't know. Untraced, nothing is sent. Whoever may call a daemon can have it append events to
 * a file; all of these daemons do as much, and more, for whoever may call them.
 */
import { emit, newId, tracedActor, traceEnvironment, traceRequest } from "./context.ts";
import { PAYLOAD_BYTES_MAX, type TraceMessage, type TracePayload } from "./event.ts";

/** Of metadata, and a header's name. */
export const LINK_KEY = "eras-trace";

/** Summary of the end of an answer that comes piece by piece. */
export const END_OF_ANSWER = "end of the answer";

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
  /** As TraceMessage's. */
  readonly address?: string | undefined;
}

/** What is told of a call that is about to be made, beside what it is. */
export interface CallDetails {
  /** What is in it. */
  readonly args?: Record<string, unknown> | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
  /** All bytes of the message; the trace keeps the first of them. */
  readonly bytes?: Uint8Array;
}

/** What is told of an answer. */
export interface AnswerDetails extends Pick<CallDetails, "args" | "bytes"> {
  /** It came piece by piece, and this is the last. Its beginning has been told before. */
  readonly isEnd?: boolean;
  /** How many bytes there were, where `bytes` has only the first of them. */
  readonly length?: number;
}

/** Tells of the answer to a call, in a word or two. */
export type TellAnswer = (summary: string, details?: AnswerDetails) => void;

/** A call that has been told of. */
export interface AnnouncedCall {
  /** To send with it. */
  readonly metadata: Readonly<Record<string, string>>;
  /** For when the answer is there. */
  readonly answered: TellAnswer;
}

/** Tells of a call that is about to be made. @returns Nothing where nothing is traced. */
export function announceExchange(call: TracedCall, details: CallDetails = {}): AnnouncedCall | undefined {
  const from = tracedActor();
  const { ERAS_TRACE: run, ERAS_TRACE_PARENT: parent } = traceEnvironment();
  if (from === undefined || run === undefined || parent === undefined) return undefined;
  const link: Link = { run, parent, id: newId(), from };
  const { args, metadata, bytes } = details;
  const msg = { ...message(call, link), ...(metadata && { metadata }), ...(bytes && { payload: payloadOf(bytes) }) };
  emit("send", call.channel, { msg, ...(args && { args }) });
  return { metadata: { [LINK_KEY]: encodeURI(JSON.stringify(link)) }, answered: answerTeller("recv", call, link) };
}

function payloadOf({ buffer, byteOffset, byteLength }: Uint8Array, length = byteLength): TracePayload {
  const kept = Buffer.from(buffer, byteOffset, Math.min(byteLength, PAYLOAD_BYTES_MAX));
  return { base64: kept.toString("base64"), length };
}

/** Whether a call belongs to a traced run. */
export function isTracedCall(metadata: ReadonlyMap<string, string>): boolean {
  return metadata.has(LINK_KEY);
}

/**
 * Answers a call as a part of the run that it belongs to, if it belongs to one: `work`, and all that it starts.
 *
 * @param work - Is given what tells of the answer; nothing where the call is not traced.
 */
export async function adoptCall<Result>(
  metadata: ReadonlyMap<string, string>,
  call: TracedCall,
  work: (tellAnswer?: TellAnswer) => Promise<Result>,
): Promise<Result> {
  const link = readLink(metadata.get(LINK_KEY));
  if (!link) return work();
  return traceRequest(link.run, call.to, link.parent, () => {
    emit("recv", call.channel, { msg: message(call, link) });
    return work(answerTeller("send", call, link));
  });
}

/** Tells it as a part of the calling code's run, wherever it is called from. */
function answerTeller(kind: "send" | "recv", call: TracedCall, link: Link): TellAnswer {
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  return AsyncLocalStorage.bind((summary, { args, bytes, length, isEnd = false } = {}) => {
    const msg = { ...answer(call, link, summary, isEnd), ...(bytes && { payload: payloadOf(bytes, length) }) };
    emit(kind, call.channel, { msg, ...(args && { args }) });
  });
}

function message({ channel, method, to, address }: TracedCall, { id, from }: Link): TraceMessage {
  return { channel, from, to, id, summary: method, ...(address !== undefined && { address }) };
}

function answer(
  { channel, method, to }: TracedCall,
  { id, from }: Link,
  summary: string,
  isEnd: boolean,
): TraceMessage {
  return { channel, from: to, to: from, id: `${id}-${isEnd ? "end" : "answer"}`, summary, answers: method };
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
