/**
 * `pnpm quiz CHAPTER`: asks a chapter's predictions, runs its command on this machine, tells what that run says to each, and asks the quiz.
 * The run is left as a page, in which answers can be looked up; a wrong one is told where.
 *
 *     pnpm quiz 13-02              in English
 *     pnpm quiz 13-02 --zh         in Chinese
 *     pnpm quiz 13-02 --answers    asks nothing: only runs, and prints the answers of this run
 */
import { createInterface, type Interface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { wrap } from "@eras/trace/lay-out.ts";
import { type Chapter, chapterPath, readChapter, readChapters } from "../book/chapter.ts";
import type { QuizItem } from "../book/quiz-item.ts";
import { answerOf } from "./answer.ts";
import { choiceOf, isRight } from "./judge.ts";
import { recordRun, triesOf } from "./record-run.ts";
import { RunFacts } from "./run-facts.ts";
import { placeOf, writeRunPage } from "./run-page.ts";

const TEXTS = {
  en: {
    predict: "Before the run: what do you believe?",
    running: "Running:",
    waiting:
      "(Waiting: something else of the book runs containers, pnpm run docs or docs:check, and it is their turn.)",
    page: "Your run, to step through in a browser (over ssh, copy the file to where yours is):",
    sealed: "What your run says:",
    quiz: "And now:",
    again: "One of the numbers, please, or nothing:",
    right: "Right.",
    is: "In your run:",
    stop: ".",
    tried: "Tried:",
    gap: " ",
  },
  zh: {
    predict: "运行之前：你怎么想？",
    running: "正在运行：",
    waiting: "（在等待：pnpm run docs 或 docs:check 正在运行容器，要等它们先跑完。）",
    page: "你的运行，可以用浏览器逐步查看（如果你是用 ssh 连上来的，先把这个文件复制到自己的电脑上）：",
    sealed: "你的运行这样说：",
    quiz: "现在：",
    again: "请输入其中一个序号，或者什么也不填：",
    right: "对。",
    is: "在你的运行里：",
    stop: "。",
    tried: "试过：",
    gap: "", // its punctuation brings one
  },
} as const;

const USAGE = `Usage: pnpm quiz CHAPTER [--zh] [--answers]

Chapters: ${readChapters("en")
  .map(({ id }) => id)
  .join(" ")}
`;

type Texts = (typeof TEXTS)[keyof typeof TEXTS];
type Ask = (question: string) => Promise<string>;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { zh: { type: "boolean" }, answers: { type: "boolean" }, help: { type: "boolean" } },
  });
  const chapter = readChapters("en").find(({ id }) => id === positionals[0]);
  if (values.help || !chapter?.meta.run) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 1;
  }
  if (process.geteuid?.() !== 0) throw new Error("Cannot run a container: only root can (sudo pnpm quiz …)");
  const shown = values.zh ? readChapter(chapterPath(chapter.id, "zh")) : chapter;
  const texts = TEXTS[values.zh ? "zh" : "en"];
  if (values.answers) return printAnswers(chapter, await runOf(chapter, texts));
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    await quiz(chapter, shown, texts, terminal);
  } finally {
    terminal.close();
  }
  return 0;
}

async function quiz(chapter: Chapter, shown: Chapter, texts: Texts, terminal: Interface): Promise<void> {
  const lines = terminal[Symbol.asyncIterator](); // not `question`, which loses what is typed before it is asked
  const ask: Ask = async (question) => {
    process.stdout.write(question);
    return (await lines.next()).value ?? "";
  };
  console.log(`\n${shown.meta.title}\n\n${texts.predict}`);
  const beliefs: string[] = [];
  for (const item of shown.predictions) beliefs.push(await askItem(item, ask, texts));
  console.log(`\n${texts.running}${texts.gap}pnpm era:${chapter.meta.run} …`);
  const run = await runOf(chapter, texts);
  const page = writeRunPage(chapter.id, chapter.meta.run!, run.events, shown.language);
  const answerFor = (item: QuizItem) => ({ answer: answerOf(item, run), place: placeOf(item, page.href) });
  console.log(`${fitted(texts.page)}\n${page}\n\n${texts.sealed}`);
  for (const [index, item] of chapter.predictions.entries())
    tell({ ...item, ...shown.predictions[index]! }, beliefs[index]!, answerFor(item), texts);
  console.log(`\n${texts.quiz}`);
  for (const [index, item] of chapter.quiz.entries()) {
    const translated = shown.quiz[index]!;
    tell({ ...item, ...translated }, await askItem(translated, ask, texts), answerFor(item), texts);
  }
}

/** Runs the chapter's command on this machine, and what its questions try beside. */
async function runOf(chapter: Chapter, { waiting }: Texts): Promise<RunFacts> {
  const run = chapter.meta.run!;
  const { events, tried } = await recordRun(run, triesOf(run, [chapter]), () => console.error(fitted(waiting)));
  return new RunFacts(events, tried);
}

/** Asks again for what is none of the choices. @returns The value of the choice, or the word; "" for no answer. */
async function askItem({ ask: question, choices }: QuizItem, ask: Ask, { again }: Texts): Promise<string> {
  const lines = Object.values(choices ?? {}).map((words, index) => `  ${index + 1}) ${words}\n`);
  let given = choiceOf(await ask(fitted(`\n${question}\n${lines.join("")}> `)), choices);
  while (choices && given !== "" && !Object.hasOwn(choices, given))
    given = choiceOf(await ask(`${again}\n> `), choices);
  return given;
}

/** No line is longer than the terminal is wide. */
function fitted(text: string): string {
  const room = process.stdout.columns ?? Number.POSITIVE_INFINITY;
  return text
    .split("\n")
    .flatMap((line) => wrap(line, room))
    .join("\n");
}

/** @param found - The answer, and where in the run's page it can be seen. */
function tell(
  { ask, choices, try: line, why }: QuizItem,
  given: string,
  { answer, place }: { answer: string; place: string },
  { right, is, stop, tried, gap }: Texts,
): void {
  const wasRight = isRight(given, answer);
  const mark = given === "" ? "" : "✗ "; // who has answered nothing has answered nothing wrong
  const verdict = wasRight ? `✓ ${right}` : `${mark}${is}${gap}${choices?.[answer] ?? answer}${stop}`;
  console.log(fitted(`\n${ask}\n${verdict}${gap}${why}`));
  if (line !== undefined) console.log(`${tried}${gap}${line}`);
  else if (!wasRight) console.log(`→ ${place}`);
}

function printAnswers({ predictions, quiz: questions }: Chapter, run: RunFacts): number {
  for (const item of [...predictions, ...questions]) console.log(`${item.id}: ${answerOf(item, run)}`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`quiz: ${(error as Error).message}`);
  process.exitCode = 1;
}
