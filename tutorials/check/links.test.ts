/** Each link between the book and the code, broken on purpose: the check names what is broken. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STEPS } from "@eras/docker-2013/steps.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Chapter, chapterPath, type Language, readChapter } from "../book/chapter.ts";
import { RunFacts } from "../quiz/run-facts.ts";
import { checkOutputs, withoutKeys } from "../transcripts/run-chapter.ts";
import { checkCommands } from "./commands.ts";
import { checkLanguages } from "./languages.ts";
import { checkQuizzes } from "./quizzes.ts";
import { checkSnippets } from "./snippets.ts";
import { checkStepNames, checkSteps, checkTold } from "./steps.ts";
import { checkViewers } from "./viewers.ts";

const ID = "13-02";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "eras-book-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A chapter as it would be with a change in its text. */
function changed(language: Language, from: string, to: string) {
  const path = chapterPath(ID, language);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${path} has no ${from} any more: change this test`);
  const copy = join(dir, path.slice(path.lastIndexOf("/") + 1));
  writeFileSync(copy, text.replace(from, to));
  return readChapter(copy);
}

const chapter = (language: Language) => readChapter(chapterPath(ID, language));

describe("a broken link", () => {
  test("to code that was renamed is named", () => {
    const [problem, ...others] = checkSnippets([changed("en", "call-tcp.ts#callTCP", "call-tcp.ts#dialTCP")]);
    expect(others).toEqual([]);
    expect(problem).toMatch(/13-02\.md:\d+: packages\/docker-2013\/rcli\/call-tcp\.ts has no "dialTCP"/);
  });

  test("to a run that a chapter no longer shows is named", () => {
    const without = changed("en", "{{viewer}}", "");
    expect(checkViewers([without])).toEqual([`${without.path}: its run belongs in section see, once, as {{viewer}}`]);
    expect(checkViewers([chapter("en"), chapter("zh")])).toEqual([]);
    expect(checkLanguages([without], [chapter("zh")])).toContainEqual(expect.stringContaining("its viewers differ"));
  });

  test("to the place where a command should write is named", () => {
    const below = changed("en", `"cat > \${TMPDIR:?}/heard"`, '"cat > $TMPDIR/heard"');
    expect(checkCommands([below])).toEqual([expect.stringMatching(/13-02\.md:\d+: writes below \$TMPDIR/)]);
    const split = changed("en", "cat $TMPDIR/heard", 'for NAME in $NAMES; do mkdir -p "$NAME/new"; done');
    expect(checkCommands([split])).toEqual([
      expect.stringContaining("writes below $NAME, "),
      expect.stringContaining("zsh does not take $NAMES apart"),
    ]);
  });

  test("to a step that nobody declares, or nobody tells, is named", () => {
    const without = changed("en", "{{step docker.call-tcp}}", "{{step docker.dial}}");
    expect(checkStepNames(STEPS, [without])).toEqual([`${without.path}: its era declares no step docker.dial`]);
    expect(checkTold(STEPS, [without])).toContainEqual(
      expect.stringContaining("step docker.call-tcp: no chapter tells"),
    );
    expect(checkTold(STEPS, [chapter("en"), chapter("en")])).toContainEqual(
      "step docker.call-tcp: told 2 times, in 13-02, 13-02: it belongs in one chapter, as {{step docker.call-tcp}}",
    );
  });

  test("to steps that a run takes in another order, or not at all, is named", () => {
    const taken = Object.keys(STEPS).filter((id) => id !== "init.exec");
    const swapped = taken
      .with(taken.indexOf("dockerd.run"), "dockerd.mount")
      .with(taken.indexOf("dockerd.mount"), "dockerd.run");
    const problems = checkSteps(STEPS, [], new Map([["2013 run", swapped]]));
    expect(problems).toContain("step init.exec: declared, and no recorded run takes it");
    expect(problems).toContainEqual(expect.stringMatching(/run "2013 run": takes dockerd\.\S+ after dockerd\.mount/));
  });

  test("to what a command prints is named", () => {
    const outcomes = chapter("en").commands.map(({ commands }) =>
      commands.map(({ output, exitCode }) => ({ lines: output.map(withoutKeys), exitCode })),
    );
    const check = ({ commands }: Chapter) =>
      checkOutputs(
        ID,
        commands.map((block, index) => ({ block, outcomes: outcomes[index]! })),
      );
    expect(check(chapter("en"))).toEqual([]);
    expect(check(changed("en", "\nno client at all\n", "\nno daemon at all\n"))).toEqual([
      expect.stringMatching(
        /13-02\.md:\d+: 13-02\/by-hand: \$ printf .*: expected "no daemon at all", printed "no client at all"$/,
      ),
    ]);
    expect(check(changed("en", "\nexit 0\n", "\nexit 0\n[exit 1]\n"))).toEqual([
      expect.stringMatching(/13-02\/wrong: \$ docker-2013 dance; .*: expected exit 1, got 0$/),
    ]);
  });

  test("to the run that answers a question is named", () => {
    const run = new RunFacts([], { "echo unread": { lines: ["unread"], exitCode: 0 } });
    const constant = changed("en", 'answer: run.messages("rcli").length', 'answer: "1"');
    expect(checkQuizzes(constant, run)).toContainEqual(
      expect.stringContaining("item connections has the same answer whatever runs"),
    );
    const unread = changed(
      "en",
      'answer: run.messages("rcli").length',
      'answer: run.messages("rcli").length\n  try: echo unread',
    );
    expect(checkQuizzes(unread, run)).toContainEqual(
      expect.stringContaining('item connections has a "try" that its answer does not look at'),
    );
    expect(checkQuizzes(chapter("en"), run)).toContainEqual(
      expect.stringContaining('The run has no experiment "busybox nc'),
    );
  });

  test("to the other language is named: a section that has changed since, a block, a half", () => {
    const zh = chapter("zh");
    expect(checkLanguages([chapter("en")], [zh])).toEqual([]);
    expect(checkLanguages([changed("en", "who may connect?", "who may call?")], [zh])).toEqual([
      expect.stringMatching(
        /13-02\.zh\.md:\d+: section break was translated from an older text: .*<!-- en: [0-9a-f]{8} -->/,
      ),
    ]);
    expect(checkLanguages([chapter("en")], [changed("zh", "id=wrong", "id=other")])).toContainEqual(
      expect.stringContaining("its commands differ from the English half's"),
    );
    expect(checkLanguages([chapter("en")], [])).toEqual([`${chapter("en").path}: has no Chinese half`]);
  });
});
