/** An event in words. */
import type { ShownEvent } from "../recorded-run.ts";
import { argvOf, isBeforeProgram, type RunModel } from "./run-model.ts";
import { type Language, word } from "./words.ts";

export interface Description {
  readonly text: string;
  /** What it works on. */
  readonly detail?: string;
  /** Its number in an article's list: `001/3`. */
  readonly number?: string;
}

export function describe(model: RunModel, index: number, language: Language): Description {
  const event = model.events[index]!;
  switch (event.kind) {
    case "begin":
      return { text: beginning(model, index, language), detail: inShort(argvOf(event).join(" "), 160) };
    case "end":
      return { text: `${event.name} ${word(isBeforeProgram(model.events, index) ? "becomes" : "ends", language)}` };
    case "kernel":
      return { text: inShort(event.text ?? event.name, 200) };
    case "object":
      return object(event, language);
    case "point":
      return step(model, event, language);
    case "send":
    case "recv":
      return message(event, language);
  }
}

/** One line of it, for a reader of screens and for small labels. */
export function inOneLine({ text, detail, number }: Description): string {
  return [number, text, detail && `(${detail})`].filter(Boolean).join(" ");
}

function beginning(model: RunModel, index: number, language: Language): string {
  const { actor, name, pid } = model.events[index]!;
  if (model.startsProgram(index)) return `${name} ${word("starts", language)} (${word("pid", language)} ${pid})`;
  return actor === name
    ? `${actor} ${word("takesRequest", language)}`
    : `${actor}: ${name} ${word("begins", language)}`;
}

function step({ run, lists }: RunModel, event: ShownEvent, language: Language): Description {
  const declared = run.steps[event.name];
  const detail = details(event.args);
  if (!declared) return { text: event.name, detail };
  const text = language === "zh" ? declared.titleZh : declared.title;
  const { article, number } = declared;
  return {
    text,
    detail,
    ...(number !== undefined && { number: lists.size > 1 ? `${article}/${number}` : `${number}` }),
  };
}

/** The kernel's pane shows them in full. */
function object({ object, args }: ShownEvent, language: Language): Description {
  const { type = "file", id = "", change } = object ?? {};
  const rules = Array.isArray(args?.rules) ? args.rules : undefined;
  const verb = word(change === "remove" ? "objectGone" : "objectNow", language);
  const name = type === "rule" || type === "netdev" ? word(type === "rule" ? "rules" : "netdev", language) : type;
  return {
    text: `${name} ${inShort(id, 50)} ${verb}`,
    detail: rules ? `${rules.length} ${word("ruleCount", language)}` : details(args),
  };
}

function message({ msg, drawn }: ShownEvent, language: Language): Description {
  const { from = "", to = "", channel = "", summary = "", answers } = msg ?? {};
  const title = drawn && (language === "zh" ? drawn.titleZh : drawn.title);
  return {
    text: `${from} → ${to}: ${title ?? shortSummary(summary)}`,
    detail: [
      channel,
      title && shortSummary(summary),
      answers && `${word("answers", language)} ${shortSummary(answers)}`,
    ]
      .filter(Boolean)
      .join(", "),
    ...(drawn && { number: `${drawn.article}/${drawn.number}` }),
  };
}

function details(args: Readonly<Record<string, unknown>> | undefined): string {
  return Object.entries(args ?? {})
    .map(([name, value]) => `${name} ${inShort(typeof value === "string" ? value : (JSON.stringify(value) ?? ""), 90)}`)
    .join(", ");
}

/** `Tasks/Create`, of `containerd.services.tasks.v1.Tasks/Create`. */
export function shortSummary(summary: string): string {
  return inShort(summary.replace(/^[a-z][\w.]*\.(\w+\/\w+)$/, "$1"), 120);
}

/** Ids of 64 digits become short; of a path the end stays, of another text the beginning. */
export function inShort(long: string, length: number): string {
  const text = long.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");
  if (text.length <= length) return text;
  return text.startsWith("/") ? `…${text.slice(1 - length)}` : `${text.slice(0, length - 1)}…`;
}
