import { describe, expect, test } from "vitest";
import { isAny, PROCESS_URL, packAny, packJson, SPEC_URL, unpackAny, unpackJson } from "./any.ts";
import { TaskExitSchema, TaskStartSchema } from "./gen/event-messages_pb.ts";

describe("packAny()", () => {
  const any = packAny(TaskStartSchema, { containerId: "web", pid: 7 });

  test("names the type as containerd does, without a host", () =>
    expect(any.typeUrl).toBe("containerd.events.TaskStart"));

  test("is undone by unpackAny(), whatever host the name got on its way", () => {
    expect(unpackAny(TaskStartSchema, any)).toEqual({ containerId: "web", pid: 7 });
    const hosted = { ...any, typeUrl: `type.googleapis.com/${any.typeUrl}` };
    expect(unpackAny(TaskStartSchema, hosted)).toEqual({ containerId: "web", pid: 7 });
    expect(isAny(hosted, TaskExitSchema)).toBe(false);
    expect(() => unpackAny(TaskExitSchema, any)).toThrow(
      "Cannot read a containerd.events.TaskExit from an Any of containerd.events.TaskStart",
    );
  });
});

describe("packJson()", () => {
  test("is undone by unpackJson()", () => {
    expect(unpackJson(SPEC_URL, packJson(SPEC_URL, { ociVersion: "1.0.2" }))).toEqual({ ociVersion: "1.0.2" });
    expect(() => unpackJson(PROCESS_URL, packJson(SPEC_URL, {}))).toThrow("Cannot read a types.containerd.io");
    expect(() => unpackJson(SPEC_URL, { typeUrl: SPEC_URL, value: Buffer.from("{") })).toThrow("Cannot read the JSON");
  });
});
