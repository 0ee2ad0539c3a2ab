/** Requests to the daemon as events of a traced run; it learns of the run from a header. */
import type { ClientRequest, IncomingMessage } from "node:http";
import { type AnnouncedCall, announceExchange } from "@eras/trace/link.ts";
import { END_OF_ANSWER } from "../messages.ts";

/** What is sent here has a password in it. */
const SECRET = "/auth";

/** @param body - What is sent as JSON, if that is what is sent. @returns Nothing where nothing is traced. */
export function announceRequest(method: string, path: string, body: unknown): AnnouncedCall | undefined {
  const isTold = body !== undefined && !path.endsWith(SECRET);
  return announceExchange(
    { channel: "http", method: `${method} ${path}`, to: "dockerd" },
    isTold ? { body } : undefined,
  );
}

/** Tells of the answer's head when it comes, and of its end if that comes later. */
export function tellOfAnswer(sent: ClientRequest, { answered }: AnnouncedCall): void {
  const tell = ({ statusCode, statusMessage }: IncomingMessage) => answered(`${statusCode} ${statusMessage}`);
  sent.on("response", (message: IncomingMessage) => {
    tell(message);
    const isInPieces = message.headers["transfer-encoding"] === "chunked";
    if (isInPieces) message.once("end", () => answered(END_OF_ANSWER, { isEnd: true }));
  });
  sent.on("upgrade", tell);
}
