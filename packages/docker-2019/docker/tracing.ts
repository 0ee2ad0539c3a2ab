/** Requests to the daemon as events of a traced run; it learns of the run from a header. Loaded for traced runs alone. */
import type { ClientRequest, IncomingMessage } from "node:http";
import { PAYLOAD_BYTES_MAX } from "@eras/trace/event.ts";
import { type AnswerDetails, announceExchange, END_OF_ANSWER, type TellAnswer } from "@eras/trace/link.ts";

/** What is sent here has a password in it, and what is answered is a key. */
const SECRET = "/auth";

/** A request that has been told of. */
export interface AnnouncedRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Tells of the answer's head when it comes, and of its end and its bytes if that comes later. */
  watch(sent: ClientRequest): void;
}

/**
 * @param body - What is sent as JSON, if that is what is sent.
 * @param address - The path of the daemon's socket, if it has one.
 * @returns Nothing where nothing is traced.
 */
export function announceRequest(
  method: string,
  path: string,
  body: unknown,
  address: string | undefined,
): AnnouncedRequest | undefined {
  const isSecret = path.endsWith(SECRET);
  const isTold = body !== undefined && !isSecret;
  const call = { channel: "http", method: `${method} ${path}`, to: "dockerd", address } as const;
  const announced = announceExchange(call, isTold ? { args: { body } } : {});
  return announced && { headers: announced.metadata, watch: (sent) => watch(sent, announced.answered, isSecret) };
}

function watch(sent: ClientRequest, answered: TellAnswer, isSecret: boolean): void {
  const tell = ({ statusCode, statusMessage }: IncomingMessage) => answered(`${statusCode} ${statusMessage}`);
  sent.on("response", (message: IncomingMessage) => {
    tell(message);
    if (message.headers["transfer-encoding"] !== "chunked") return;
    const bytesOf = isSecret ? () => ({}) : noteBytes(message);
    message.once("end", () => answered(END_OF_ANSWER, { isEnd: true, ...bytesOf() }));
  });
  sent.on("upgrade", tell);
}

/** Notes what comes before anybody reads it: a listener would set the stream flowing. */
function noteBytes(message: IncomingMessage): () => Pick<AnswerDetails, "bytes" | "length"> {
  const pieces: Buffer[] = [];
  let length = 0;
  const push = message.push.bind(message);
  message.push = (piece: Buffer | null) => {
    if (length < PAYLOAD_BYTES_MAX && piece) pieces.push(piece);
    length += piece?.length ?? 0;
    return push(piece);
  };
  return () => ({ bytes: Buffer.concat(pieces), length });
}
