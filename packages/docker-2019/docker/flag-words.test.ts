import { describe, expect, test } from "vitest";
import { booleanFlag, flag, listFlag } from "./command.ts";
import { readFlagWords } from "./flag-words.ts";

const OPTIONS = [
  booleanFlag("-i, --interactive", ""),
  booleanFlag("-t, --tty", ""),
  booleanFlag("--rm", ""),
  listFlag("-e, --env <list>", ""),
  flag("--name <string>", ""),
];

describe("readFlagWords()", () => {
  test.each([
    ["-it", ["--interactive=true", "--tty=true"]],
    ["-ite A=1", ["--interactive=true", "--tty=true", "--env=A=1"]],
    ["-eA=1 -e=B=2", ["--env=A=1", "--env=B=2"]],
    ["--name web --rm", ["--name=web", "--rm=true"]],
    ["--rm=false --name=--rm", ["--rm=false", "--name=--rm"]],
    ["--name --rm", ["--name=--rm"]],
    ["--help", ["--help"]],
    ["-h", ["-h", "--help"]], // who wrote it the short way is told of it
  ])("reads %s", (line, flags) => {
    expect(readFlagWords(line.split(" "), OPTIONS, false)).toEqual({ flags, args: [] });
  });

  test("finds flags behind arguments, unless these are another program's", () => {
    const words = ["busybox", "--rm", "sh"];
    expect(readFlagWords(words, OPTIONS, false)).toEqual({ flags: ["--rm=true"], args: ["busybox", "sh"] });
    expect(readFlagWords(words, OPTIONS, true)).toEqual({ flags: [], args: words });
  });

  test("takes all behind -- for arguments, and - for one", () => {
    expect(readFlagWords(["-", "--", "--rm"], OPTIONS, false)).toEqual({ flags: [], args: ["-", "--rm"] });
  });

  test.each([
    ["--nosuch", "unknown flag: --nosuch"],
    ["--nosuch=1", "unknown flag: --nosuch"],
    ["-iz", "unknown shorthand flag: 'z' in -iz"],
    ["--name", "flag needs an argument: --name"],
    ["-ie", "flag needs an argument: 'e' in -ie"],
  ])("refuses %s", (word, message) => {
    expect(() => readFlagWords([word], OPTIONS, false)).toThrow(message);
  });
});
