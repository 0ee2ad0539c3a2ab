import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { create, GENUINE, message, missing, OURS, type Runtime, runtime, start } from "../testsuite/on-bundle.ts";

/** What differs from one container to the next, by name; and the version, which is the program's there and the bundle's here. */
function anonymous(text: string, { id, bundle }: Runtime): string {
  return text
    .replaceAll(id, "ID".padEnd(id.length, "."))
    .replaceAll(bundle, "BUNDLE".padEnd(bundle.length, "."))
    .replace(/(?:\d{4}-[-:.\dTZ]+|CREATED)( *)/g, (_, { length }) => `CREATED${length > 0 ? " " : ""}`) // Go leaves zeros at the end off
    .replace(/\b\d{2,}( *)(?=[a-z])/g, (pid) => "PID".padEnd(pid.length))
    .replace(/"ociVersion":"[^"]*"/, '"ociVersion":VERSION')
    .replace(/"pid":\d{2,}/, '"pid":PID');
}

describe.skipIf(missing)(`runc list${missing ? ` (needs ${missing})` : ""}`, () => {
  test("prints what the genuine one prints", () => {
    const both = [OURS, GENUINE].map((program) => runtime(program));
    const outputs = both.map((each) => {
      const print = () => ["table", "json"].map((format) => anonymous(each.call("list", "-f", format).stdout, each));
      const none = print();
      start(each);
      const running = print();
      each.call("pause", each.id);
      const paused = print();
      each.call("kill", each.id, "KILL");
      each.call("resume", each.id);
      return [none, running, paused];
    });
    expect(outputs[0]).toEqual(outputs[1]);
    expect(outputs[0]![1]![0]).toContain("running");
    expect(outputs[0]![2]![1]).toContain('"status":"paused"');
  });

  test("names only, and in order", () => {
    const ours = runtime(OURS);
    const { id } = ours;
    for (const name of ["c", "a", "b"]) create(ours, `${id}-${name}`);
    expect(ours.call("list", "-q").stdout).toBe(`${id}-a\n${id}-b\n${id}-c\n`);
  });

  test("tells of a container that can't be read, and lists the others", () => {
    const ours = runtime(OURS);
    start(ours);
    mkdirSync(join(ours.root, "empty"));
    mkdirSync(join(ours.root, "half"));
    writeFileSync(join(ours.root, "half/state.json"), "{");
    const { status, stdout, stderr } = ours.call("list", "-q");
    expect([status, stdout]).toEqual([0, `${ours.id}\n`]);
    expect(stderr).toContain("load container empty: container does not exist\n");
    expect(stderr).toContain("load container half: ");
  });

  test("refuses other formats and arguments", () => {
    const both = [OURS, GENUINE].map((program) => runtime(program));
    for (const args of [["--format", "xml"], ["one"]]) {
      const [ours, theirs] = both.map((each) => each.call("list", ...args));
      expect([ours!.status, message(ours!)]).toEqual([1, message(theirs!)]);
    }
  });
});
