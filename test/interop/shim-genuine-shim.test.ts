/**
 * The same calls to a genuine shim and to ours: answers, errors and events are the same, whatever is asked for and when.
 *
 * Both call a genuine runc, whose words are a part of the answers.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LINUX_RESOURCES_URL, packAny, packJson } from "@eras/docker-2019/proto/any.ts";
import { OptionsSchema } from "@eras/docker-2019/proto/gen/runc-options_pb.ts";
import { describe, expect, test, vi } from "vitest";
import { GENUINE_RUNC, missing } from "../harness/runtime-under-test.ts";
import { GENUINE_SHIM, OUR_SHIM, type Served, ShimSession } from "./shim-session.ts";

const SIGKILL = 9;
const [id, execId] = ["web", "e1"];
const resources = packJson(LINUX_RESOURCES_URL, { memory: { limit: 64 << 20 } });

/** Notes what comes of calls. */
type Note = (what: string, call: Promise<object>) => Promise<void>;
type Script = (shim: Served, note: Note, session: ShimSession) => Promise<void>;

/** Answers without what differs from run to run. */
function comparable(answer: object, session: ShimSession, served: Served): string {
  return JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? String(value) : value))
    .replaceAll(session.place.dir, "DIR")
    .replace(/"(pid|taskPid)":[1-9]\d*/g, '"$1":PID')
    .replace(`"shimPid":${served.shimPid}`, '"shimPid":SHIM')
    .replace(/{"seconds":"[1-9]\d*","nanos":\d+}/g, "TIME");
}

function failure({ kind, message }: { kind?: string; message?: string }, session: ShimSession): string {
  return `${kind}: ${message}`.replaceAll(session.place.dir, "DIR");
}

/** Runs a script; gives the transcript: each call with what came of it, then the events. */
async function transcript(shim: string, script: Script): Promise<string[]> {
  const session = new ShimSession(shim);
  const lines: string[] = [];
  try {
    const served = await session.start(id);
    const note: Note = async (what, call) => {
      const outcome = await call.then(
        (answer) => comparable(answer, session, served),
        (error) => failure(error, session),
      );
      lines.push(`${what} → ${outcome}`);
    };
    await script(served, note, session);
    if (lines.some((line) => line.startsWith('create → {"pid"')))
      await vi.waitFor(() => expect(session.topics).toContain("/tasks/create")); // events have a connection of their own
  } finally {
    expect(await session.close()).toEqual([]);
  }
  // The genuine shim may end before it has told of the end of a container.
  return [...lines, ...session.topics.filter((topic) => topic !== "/tasks/delete")];
}

const SCRIPTS: Record<string, Script> = {
  "a container that is not there": async ({ task }, note) => {
    await note("state", task.state({ id }));
    await note("start", task.start({ id }));
    await note("kill", task.kill({ id, signal: SIGKILL }));
    await note("wait", task.wait({ id }));
    await note("pids", task.pids({ id }));
    await note("pause", task.pause({ id }));
    await note("resume", task.resume({ id }));
    await note("resize", task.resizePty({ id, width: 1, height: 1 }));
    await note("closeIO", task.closeIO({ id, stdin: true }));
    await note("stats", task.stats({ id }));
    await note("exec", task.exec({ id, execId }));
    await note("connect", task.connect({ id }));
    await note("delete", task.delete({ id }));
  },

  "a container's life": async ({ task, create }, note) => {
    await note("create", create());
    await note("state", task.state({ id }));
    await note("connect", task.connect({ id }));
    await note("start", task.start({ id }));
    await note("state", task.state({ id }));
    await note("start again", task.start({ id }));
    await note("delete", task.delete({ id }));
    await note("another", task.state({ id: "other" }));
    const wait = task.wait({ id });
    await note("kill", task.kill({ id, signal: SIGKILL }));
    await note("wait", wait);
    await note("state", task.state({ id }));
    await note("wait again", task.wait({ id }));
    await note("pids", task.pids({ id }));
    await note("kill again", task.kill({ id, signal: SIGKILL }));
    await note("kill all", task.kill({ id, signal: SIGKILL, all: true }));
    await note("start", task.start({ id }));
    await note("pause", task.pause({ id }));
    await note("resume", task.resume({ id }));
    await note("update", task.update({ id, resources }));
    await note("checkpoint", task.checkpoint({ id, path: "/nonexistent" }));
    await note("resize", task.resizePty({ id, width: 1, height: 1 }));
    await note("closeIO", task.closeIO({ id, stdin: true }));
    await note("delete", task.delete({ id }));
    await note("delete again", task.delete({ id }));
    await note("state", task.state({ id }));
  },

  "a container that can't be created": async ({ task, create }, note, { place }) => {
    await note(
      "create",
      create({ stdout: `${place.dir}/nosuch` }).catch(({ kind }) => ({ kind })),
    );
    await note(
      "create",
      create({ stdout: "file:///proc/eras-nosuch/log" }).catch(({ kind }) => ({ kind })),
    );
    await note("state", task.state({ id }));
    writeFileSync(join(place.dir, id, "config.json"), "{}");
    await note("create", create());
    await note("delete", task.delete({ id }));
    await note(
      "shutdown",
      task.shutdown({ id }).catch(() => ({})),
    );
  },

  "a runtime that is not there": async ({ task, bundle }, note) => {
    for (const binaryName of ["no-runc", "/no/runc"]) {
      const options = packAny(OptionsSchema, { binaryName });
      await note(binaryName, task.create({ id, bundle, options }));
    }
    await note("state", task.state({ id }));
  },

  "a container that somebody deletes behind its back": async ({ task, create }, note, { place }) => {
    await create();
    await task.start({ id });
    execFileSync(GENUINE_RUNC.path, ["--root", join(place.dir, "runc/eras"), "delete", "--force", id]);
    await note("wait", task.wait({ id }));
    await note(
      "kill",
      task.kill({ id, signal: SIGKILL }).catch(({ kind }) => ({ kind })), // genuinely the runtime is asked once more
    );
    await note("delete", task.delete({ id }));
  },

  "a container that is there already": async ({ task, create }, note) => {
    await create();
    const again = create().catch(() => ({ failed: true })); // genuinely only in the runtime, and with its words
    await note("create", again);
    await note("state", task.state({ id }));
  },

  "a container that is deleted before it is started": async ({ task, create }, note) => {
    await note("create", create());
    await note("pause", task.pause({ id }));
    await note("resume", task.resume({ id }));
    await note("update", task.update({ id, resources }));
    await note("checkpoint", task.checkpoint({ id, path: "/nonexistent" }));
    await note("delete", task.delete({ id }));
    await note("state", task.state({ id }));
  },

  "a container that is killed before it is started": async ({ task, create }, note) => {
    await note("create", create());
    await note("kill", task.kill({ id, signal: SIGKILL }));
    await note("wait", task.wait({ id }));
    await note("start", task.start({ id }));
    await note("delete", task.delete({ id }));
  },

  "Shutdown, which waits for the last container": async ({ task, create }, note) => {
    await note("create", create());
    await note("shutdown", task.shutdown({ id }));
    await note("shutdown now", task.shutdown({ id, now: true }));
    await note("state", task.state({ id }));
  },

  "a pause": async ({ task, create, exec }, note) => {
    await create();
    await task.start({ id });
    await note("pause", task.pause({ id }));
    await note("state", task.state({ id }));
    await note("pause again", task.pause({ id }));
    await note("start", task.start({ id }));
    await note("update", task.update({ id, resources }));
    await note("exec", exec(execId, ["true"]));
    await note("delete", task.delete({ id }));
    await note("resume", task.resume({ id }));
    await note("state", task.state({ id }));
    await note("resume again", task.resume({ id }));
  },

  "an exec's life": async ({ task, create, exec }, note) => {
    await create();
    await task.start({ id });
    await note("exec", exec(execId, ["sleep", "1000"]));
    await note("exec again", exec(execId, ["true"]));
    await note("state", task.state({ id, execId }));
    await note("kill", task.kill({ id, execId, signal: SIGKILL }));
    await note("resize", task.resizePty({ id, execId, width: 1, height: 1 }));
    await note("closeIO", task.closeIO({ id, execId, stdin: true }));
    await note("start", task.start({ id, execId }));
    await note("start again", task.start({ id, execId }));
    await note("state", task.state({ id, execId }));
    await note("delete", task.delete({ id, execId }));
    const wait = task.wait({ id, execId });
    await note("kill", task.kill({ id, execId, signal: SIGKILL }));
    await note("wait", wait);
    await note("state", task.state({ id, execId }));
    await note("kill again", task.kill({ id, execId, signal: SIGKILL }));
    await note("start", task.start({ id, execId }));
    await note("delete", task.delete({ id, execId }));
    await note("state", task.state({ id, execId }));
  },

  "an exec that is not there": async ({ task, create }, note) => {
    await create();
    await task.start({ id });
    await note("state", task.state({ id, execId }));
    await note("start", task.start({ id, execId }));
    await note("kill", task.kill({ id, execId, signal: SIGKILL }));
    await note("wait", task.wait({ id, execId }));
    await note("resize", task.resizePty({ id, execId, width: 1, height: 1 }));
    await note("delete", task.delete({ id, execId }));
  },

  "an exec that can't be started": async ({ task, create, exec }, note) => {
    await create();
    await task.start({ id });
    await exec(execId, ["nosuch"]);
    await note("start", task.start({ id, execId }));
    await note("state", task.state({ id, execId }));
    await note("delete", task.delete({ id, execId }));
    await exec("e2", ["true"]);
    await note("delete before start", task.delete({ id, execId: "e2" }));
  },

  "an exec in a container that is not running": async ({ task, create, exec }, note) => {
    await create();
    await note("exec before start", exec(execId, ["true"]));
    await task.start({ id });
    await exec("e2", ["sleep", "1000"]);
    await exec("e3", ["sleep", "1000"]);
    await task.start({ id, execId: "e2" });
    const waits = [task.wait({ id, execId: "e2" }), task.wait({ id })] as const;
    await task.kill({ id, signal: SIGKILL });
    await note("wait for exec", waits[0]);
    await waits[1];
    await note("exec after end", exec("e4", ["true"]));
    await note("start after end", task.start({ id, execId: "e3" }));
    await note("delete", task.delete({ id, execId: "e2" }));
    await note("delete", task.delete({ id }));
  },
};

describe("a shim answers as a genuine one:", () => {
  const reason = missing(GENUINE_SHIM);
  if (reason) return void test.skip(reason);

  for (const [name, script] of Object.entries(SCRIPTS)) {
    test(name, async () => {
      const genuine = await transcript(GENUINE_SHIM, script);
      expect(await transcript(OUR_SHIM, script)).toEqual(genuine);
      expect(genuine.length).toBeGreaterThan(2);
    });
  }
});
