import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, writeSync } from "node:fs";
import { getTermios, openpty, setTermios } from "@eras/linux/tty.ts";
import { describe, expect, test } from "vitest";
import { GENUINE, message, missing, OURS, type Runtime, runtime, start } from "../testsuite/on-bundle.ts";

const SCRIPT = "[ -t 1 ] && echo one; echo two";

/** What a command prints whose standard error alone is a terminal. */
function printed({ program, root }: Runtime, ...args: string[]): string {
  const { master, slave } = openpty();
  const { stdout } = spawnSync(program, ["--root", root, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", slave],
  });
  for (const fd of [master, slave]) closeSync(fd);
  return stdout;
}

describe.skipIf(missing)(`a terminal in the foreground${missing ? ` (needs ${missing})` : ""}`, () => {
  const withTerminal = (program: string) =>
    runtime(program, (spec) => ({
      ...spec,
      process: { ...spec.process!, terminal: true, args: ["sh", "-c", SCRIPT] },
    }));

  test("hands on lines as the program wrote them, without carriage returns", () => {
    const once = withTerminal(OURS);
    expect(printed(once, "run", "--bundle", once.bundle, once.id)).toBe("one\ntwo\n");
    const sleeping = runtime(OURS);
    start(sleeping);
    expect(printed(sleeping, "exec", "--tty", sleeping.id, "sh", "-c", SCRIPT)).toBe("one\ntwo\n");
  });

  test("keeps the settings that others have given it meanwhile, if it isn't the container's own", async () => {
    const { program, root, bundle, id } = runtime(OURS, (spec) => ({
      ...spec,
      process: { ...spec.process!, args: ["sh", "-c", "echo up; read line"] },
    }));
    const { master, slave } = openpty();
    const runc = spawn(program, ["--root", root, "run", "--bundle", bundle, id], { stdio: [slave, "pipe", "inherit"] });
    await once(runc.stdout!, "data");
    const meanwhile = { ...getTermios(slave), lflag: 0 };
    setTermios(slave, meanwhile);
    writeSync(master, "\n");
    expect(await once(runc, "exit")).toEqual([0, null]);
    expect(getTermios(slave)).toEqual(meanwhile);
    for (const fd of [master, slave]) closeSync(fd);
  });

  test("needs one of runc's own, as the genuine one's does", () => {
    const without = ({ program, root, bundle, id }: Runtime) =>
      spawnSync("setsid", ["--wait", program, "--root", root, "run", "--bundle", bundle, id], { encoding: "utf8" });
    const [genuine, ours] = [GENUINE, OURS].map((program) => without(withTerminal(program)));
    expect(ours!.status).toBe(1);
    expect(message(ours!)).toBe(message(genuine!));
    expect(message(ours!)).toContain("/dev/tty");
  });
});
