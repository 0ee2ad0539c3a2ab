import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { subcmd } from "./flag.ts";

function runFlags() {
  const output = new PassThrough();
  const flags = subcmd(output, "run", "[OPTIONS] IMAGE COMMAND [ARG...]", "Run a command");
  return {
    flags,
    attach: flags.bool("a", false, "Attach"),
    comment: flags.string("c", "", "Comment"),
    limit: flags.int("l", 0, "Limit"),
    printed: () => output.read(output.readableLength)?.toString(),
  };
}

const USAGE = `
Usage: docker run [OPTIONS] IMAGE COMMAND [ARG...]

Run a command

  -a=false: Attach
  -c="": Comment
  -l=0: Limit
`;

describe("FlagSet.parse()", () => {
  test("stops at the first word that is no flag, and leaves the rest to the command", () => {
    const { flags, attach, comment } = runFlags();
    expect(flags.parse(["-a", "--c", "my text", "base", "ls", "-l"])).toBe(true);
    expect([attach.value, comment.value, flags.args]).toEqual([true, "my text", ["base", "ls", "-l"]]);
  });

  test("takes values after = and, but for booleans, as the next word", () => {
    const { flags, attach, comment, limit } = runFlags();
    expect(flags.parse(["-a=false", "-c=a=b", "-l", "3", "false"])).toBe(true);
    expect([attach.value, comment.value, limit.value, flags.args]).toEqual([false, "a=b", 3, ["false"]]);
  });

  test("ends the flags at --, and takes - for a word", () => {
    const first = runFlags().flags;
    first.parse(["--", "-a"]);
    expect(first.args).toEqual(["-a"]);
    const second = runFlags().flags;
    second.parse(["-", "-a"]);
    expect(second.args).toEqual(["-", "-a"]);
  });

  test("answers --help with the usage alone", () => {
    const { flags, printed } = runFlags();
    expect(flags.parse(["--help"])).toBe(false);
    expect(printed()).toBe(USAGE);
  });

  test.each([
    [["-it"], "flag provided but not defined: -it"],
    [["-c"], "flag needs an argument: -c"],
    [["-l", "x"], 'invalid value "x" for flag -l'],
    [["-a=maybe"], 'invalid boolean value "maybe" for -a'],
    [["-a=constructor"], 'invalid boolean value "constructor" for -a'],
    [["---"], "bad flag syntax: ---"],
    [["-=x"], "bad flag syntax: -=x"],
  ])("names the mistake in %j, then prints the usage", (args, message) => {
    const { flags, printed } = runFlags();
    expect(flags.parse(args)).toBe(false);
    expect(printed()).toBe(`${message}\n${USAGE}`);
  });

  test("prints the usage for too few or too many words", () => {
    const { flags, printed } = runFlags();
    expect(flags.parse([], 1)).toBe(false);
    expect(printed()).toBe(USAGE);
    expect(flags.parse(["a", "b"], 1, 1)).toBe(false);
    expect(flags.parse(["a"], 1, 1)).toBe(true);
  });
});
