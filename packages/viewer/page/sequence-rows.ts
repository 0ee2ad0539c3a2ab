/** What a sequence diagram of a run shows, from top to bottom: arrows between actors, and steps as dots on their lines. */
import type { RunModel } from "./run-model.ts";

export interface Row {
  readonly index: number;
  readonly kind: "message" | "answer" | "start" | "step";
  readonly from: string;
  readonly to: string;
  readonly y: number;
}

const ARROW_HEIGHT = 34;
const STEP_HEIGHT = 15;

/** @returns The rows, and the height of all. */
export function sequenceRows(model: RunModel): { rows: Row[]; height: number } {
  const rows: Row[] = [];
  let y = 8;
  model.events.forEach((_, index) => {
    const row = rowOf(model, index);
    if (!row) return;
    y += row.kind === "step" ? STEP_HEIGHT : ARROW_HEIGHT;
    rows.push({ ...row, index, y });
  });
  return { rows, height: y + 24 };
}

function rowOf(model: RunModel, index: number): Omit<Row, "index" | "y"> | undefined {
  const { kind, msg, actor } = model.events[index]!;
  if (!model.isStop(index) || kind === "object") return undefined;
  if (msg) return { kind: msg.answers === undefined ? "message" : "answer", from: msg.from, to: msg.to };
  if (kind === "point") return { kind: "step", from: actor, to: actor };
  const starter = model.causeOf(index)?.actor;
  return starter === undefined ? undefined : { kind: "start", from: starter, to: actor };
}
