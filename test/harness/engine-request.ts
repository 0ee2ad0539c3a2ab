/** One request to an engine, genuine or ours, on its unix socket. */
import { request } from "node:http";

export interface EngineAnswer {
  readonly status: number;
  /** Parsed; undefined when there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the engine says, for a test to look at
  readonly body: any;
}

/** @param path - With the version: `/v1.41/containers/create`. */
export function engineRequest(socketPath: string, method: string, path: string, body?: unknown): Promise<EngineAnswer> {
  const json = body === undefined ? "" : JSON.stringify(body);
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(json) };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode!, body: text === "" ? undefined : JSON.parse(text) });
      });
    });
    sent.on("error", reject);
    sent.end(json);
  });
}
