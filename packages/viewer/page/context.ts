/** What every pane is given. */
import type { Cursor } from "./cursor.ts";
import type { RunModel } from "./run-model.ts";
import type { Language, Word } from "./words.ts";
import type { World } from "./world.ts";

export interface Context {
  readonly language: Language;
  /** Both runs where two are compared. */
  readonly models: readonly RunModel[];
  /** The run that all panes show. */
  readonly model: RunModel;
  readonly cursor: Cursor;
  /** The world at the cursor. */
  readonly world: World;
  say(name: Word): string;
  /** Shows another run, at an event of it or where it was left. */
  showRun(index: number, event?: number): void;
}

export interface Pane {
  readonly element: HTMLElement;
  /** The cursor has moved. */
  update(): void;
}

export type MakePane = (context: Context) => Pane;
