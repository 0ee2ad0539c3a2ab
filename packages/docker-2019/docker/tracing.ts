/** Requests to the daemon as events of a traced run; it learns of the run from a header. Loaded for traced runs alone. */
import type { ClientRequest, IncomingMessage } from "node:http";
import { announceExchange, END_OF_ANSWER, type TellAnswer } from "@eras/trace/link.ts";

/** What is sent here has a password in it. */
const SECRET = "/auth";

/** A request that has been told of. */
export interface AnnouncedRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Tells of the answer's head when it comes, and of its end if that comes later. */
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
  const isTold = body !== undefined && !path.endsWith(SECRET);
  const call = { channel: "http", method: `${method} ${path}`, to: "dockerd", address } as const;
  const announced = announceExchange(call, isTold ? { args: { body } } : {});
  return announced && { headers: announced.metadata, watch: (sent) => watch(sent, announced.answered) };
}

function watch(sent: ClientRequest, answered: TellAnswer): void {
  const tell = ({ statusCode, statusMessage }: IncomingMessage) => answered(`${statusCode} ${statusMessage}`);
  sent.on("response", (message: IncomingMessage) => {
    tell(message);
    const isInPieces = message.headers["transfer-encoding"] === "chunked";
    if (isInPieces) message.once("end", () => answered(END_OF_ANSWER, { isEnd: true }));
  });
  sent.on("upgrade", tell);
}
