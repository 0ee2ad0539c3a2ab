/** A question of a chapter, whose answer is computed from a run: the reader's own. */
import { parse } from "yaml";

export interface QuizItem {
  readonly id: string;
  readonly ask: string;
  /** What may be answered, by the value that it stands for; without it, a word or a number is asked for. */
  readonly choices?: Readonly<Record<string, string>>;
  /** A line for a shell, run after the chapter's run, in its world: for what the run itself can't tell. In the English half alone. */
  readonly try?: string;
  /** An expression over `run`, quiz/run-facts.ts, and `tried`: what `try` printed, as `lines`, and its `exitCode`. In the English half alone. */
  readonly answer?: string;
  /** Told with the answer. */
  readonly why: string;
}

const FIELDS = new Set(["id", "ask", "choices", "try", "answer", "why"]);

/** @throws {Error} When an item lacks something, or has something unknown. */
export function readQuiz(text: string, at: string): QuizItem[] {
  const items = parse(text) as Record<string, unknown>[];
  if (!Array.isArray(items)) throw new Error(`${at}: a quiz is a list of items`);
  for (const item of items) {
    const name = `${at}: item ${JSON.stringify(item.id)}`;
    for (const field of ["id", "ask", "why"])
      if (typeof item[field] !== "string") throw new Error(`${name} has no ${field}`);
    for (const words of Object.values(item.choices ?? {}))
      if (typeof words !== "string") throw new Error(`${name}: a choice without words: one with a comma needs quotes`);
    for (const field of Object.keys(item)) if (!FIELDS.has(field)) throw new Error(`${name}: unknown field ${field}`);
  }
  return items as unknown as QuizItem[];
}
