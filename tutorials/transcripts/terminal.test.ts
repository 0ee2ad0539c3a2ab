import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { runProgram } from "../../test/harness/run-program.ts";
import { CLONE } from "../paths.ts";

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true });
});

/** What the commands print in a terminal that is made ready, a line each. */
async function inTerminal(shell: string, commands: string): Promise<string[]> {
  const { stdout } = await runProgram(shell, ["-c", `. tutorials/terminal.sh; echo "$TMPDIR"; ${commands}`], {
    cwd: CLONE,
  });
  const [, dir, ...lines] = stdout.trimEnd().split("\n");
  made.push(dir!);
  return lines;
}

describe.each(["bash", "sh"])("a terminal that is made ready for the book, in %s", (shell) => {
  test("has the project's programs and its Node", async () => {
    const lines = await inTerminal(shell, "for name in docker-2013 runc-2019 node; do command -v $name; done");
    expect(lines).toEqual(["bin/docker-2013", "bin/runc-2019", "node_modules/.bin/node"].map((at) => `${CLONE}/${at}`));
  });

  test("has the project's scripts from any directory, with their words and exit codes, and the way back", async () => {
    const lines = await inTerminal(
      shell,
      'cd /; pnpm run era "a  b" 2>&1 | head -1; pnpm quiz none > /dev/null; echo $?; echo "$ERAS_CLONE"',
    );
    expect(lines).toEqual([expect.stringContaining("a  b"), "1", CLONE]);
  });

  test("has an empty directory that root of a user namespace finds too", async () => {
    const lines = await inTerminal(shell, 'ls "$TMPDIR" | wc -l; stat -c %a "$TMPDIR"');
    expect(lines).toEqual(["0", "755"]);
  });
});

test("a terminal that is elsewhere is told to go to the clone", async () => {
  const { stderr } = await runProgram("sh", ["-c", `. ${CLONE}/tutorials/terminal.sh`], { cwd: "/" });
  expect(stderr).toBe('Type ". tutorials/terminal.sh" at the root of the clone: this is /\n');
});
