import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { traceRequest } from "./context.ts";
import { adoptCall, announceCall, isTracedCall, type TracedCall } from "./link.ts";
import { parseSpool } from "./timeline.ts";

const CALL: TracedCall = { channel: "grpc", method: "web.Service/Get", to: "daemon" };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "docker-eras-läufe-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("a call's link to its run", () => {
  test("is not there where nothing is traced", async () => {
    expect(announceCall(CALL)).toEqual({});
    expect(isTracedCall(new Map())).toBe(false);
    expect(await adoptCall(new Map(), CALL, async () => announceCall(CALL))).toEqual({});
  });

  test("makes the answer a part of the caller's span, whatever the path of the spool file", async () => {
    const spool = join(dir, "run.jsonl");
    writeFileSync(spool, "");
    await traceRequest(spool, "client", undefined, async () => {
      const metadata = announceCall(CALL);
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

  test.each(["", "no JSON", "null", "[]", "%", encodeURI('{"run":1}'), encodeURI('{"run":"/etc/passwd"}')])(
    "of which nothing can be made, %j, is none",
    async (text) => {
      expect(await adoptCall(new Map([["eras-trace", text]]), CALL, async () => announceCall(CALL))).toEqual({});
    },
  );
});
