import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { traceRequest } from "./context.ts";
import { PAYLOAD_BYTES_MAX } from "./event.ts";
import { adoptCall, announceExchange, isTracedCall, type TracedCall } from "./link.ts";
import { parseSpool } from "./timeline.ts";

const CALL: TracedCall = { channel: "grpc", method: "web.Service/Get", to: "daemon" };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "docker-eras-läufe-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("a call's link to its run", () => {
  test("is not there where nothing is traced", async () => {
    expect(announceExchange(CALL)).toBeUndefined();
    expect(isTracedCall(new Map())).toBe(false);
    expect(await adoptCall(new Map(), CALL, async () => announceExchange(CALL))).toBeUndefined();
  });

  test("makes the answer a part of the caller's span, whatever the path of the spool file", async () => {
    const spool = join(dir, "run.jsonl");
    writeFileSync(spool, "");
    await traceRequest(spool, "client", undefined, async () => {
      const { metadata } = announceExchange(CALL)!;
      for (const value of Object.values(metadata)) expect(value).toMatch(/^[\x20-\x7e]+$/); // as HTTP/2 headers must be
      await traceRequest("/nowhere", "other", undefined, () =>
        adoptCall(new Map(Object.entries(metadata)), CALL, async () => {}),
      );
    });
    const events = parseSpool(readFileSync(spool, "utf8"));
    expect(events.map(({ actor, kind }) => `${actor} ${kind}`)).toEqual([
      "client begin",
      "client send",
      "daemon begin",
      "daemon recv",
      "daemon end",
      "client end",
    ]);
    const [begin, send, answer, recv] = events;
    expect(answer!.parent).toBe(begin!.span);
    expect(recv!.msg).toEqual(send!.msg);
    expect(recv!.msg).toMatchObject({ from: "client", to: "daemon", summary: "web.Service/Get" });
  });

  test("tells the bytes of a message, no more than the first of them, and how many there were", async () => {
    const spool = join(dir, "run.jsonl");
    writeFileSync(spool, "");
    const bytes = Buffer.alloc(PAYLOAD_BYTES_MAX + 1, "é");
    await traceRequest(spool, "client", undefined, async () => {
      announceExchange(CALL, { bytes, metadata: { of: "web" } })!.answered("OK", { bytes: Buffer.alloc(0) });
    });
    const [sent, answer] = parseSpool(readFileSync(spool, "utf8")).flatMap(({ msg }) => msg ?? []);
    expect(sent).toMatchObject({ metadata: { of: "web" }, payload: { length: bytes.length } });
    expect(Buffer.from(sent!.payload!.base64, "base64")).toEqual(bytes.subarray(0, -1));
    expect(answer).toMatchObject({ id: `${sent!.id}-answer`, payload: { base64: "", length: 0 } });
  });

  test.each(["", "no JSON", "null", "[]", "%", encodeURI('{"run":1}'), encodeURI('{"run":"/etc/passwd"}')])(
    "of which nothing can be made, %j, is none",
    async (text) => {
      expect(
        await adoptCall(new Map([["eras-trace", text]]), CALL, async () => announceExchange(CALL)),
      ).toBeUndefined();
    },
  );
});
