import { describe, expect, test } from "vitest";
import { missing, OURS, runtime, start } from "../testsuite/on-bundle.ts";

const SCRIPT = "[ -t 1 ] && echo one; echo two";

describe.skipIf(missing)(`a terminal in the foreground${missing ? ` (needs ${missing})` : ""}`, () => {
  test("hands on lines as the program wrote them, without carriage returns", () => {
    const { call, bundle, id } = runtime(OURS, (spec) => ({
      ...spec,
      process: { ...spec.process!, terminal: true, args: ["sh", "-c", SCRIPT] },
    }));
    expect(call("run", "--bundle", bundle, id).stdout).toBe("one\ntwo\n");
    const sleeping = runtime(OURS);
    start(sleeping);
    expect(sleeping.call("exec", "--tty", sleeping.id, "sh", "-c", SCRIPT).stdout).toBe("one\ntwo\n");
  });
});
