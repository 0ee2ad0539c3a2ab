/** Where in a run all panes are. */
import type { RunModel } from "./run-model.ts";

/** How long playing rests at an event. */
const STOP_MS = 1100;
const CALL_MS = 160;

export class Cursor {
  readonly model: RunModel;
  readonly #moved: () => void;
  #index = 0;
  #timer: number | undefined;
  #speed = 1;

  constructor(model: RunModel, moved: () => void) {
    this.model = model;
    this.#moved = moved;
  }

  get index(): number {
    return this.#index;
  }

  get speed(): number {
    return this.#speed;
  }

  /** @param times - Of the usual. */
  setSpeed(times: number): void {
    this.#speed = times;
  }

  get isPlaying(): boolean {
    return this.#timer !== undefined;
  }

  moveTo(index: number): void {
    this.#index = Math.max(0, Math.min(index, this.model.events.length - 1));
    this.#moved();
  }

  /** By events. */
  move(by: number): void {
    this.moveTo(this.#index + by);
  }

  /** To the next step, message or start of a program, or the one before. */
  moveToStop(direction: 1 | -1): void {
    let index = this.#index + direction;
    while (index > 0 && index < this.model.events.length - 1 && !this.model.isStop(index)) index += direction;
    this.moveTo(index);
  }

  /** To a numbered step of an article. Stays where it is if the run does without. */
  moveToNumber(article: string, number: number): void {
    const index = this.model.lists.get(article)?.get(number);
    if (index !== undefined) this.moveTo(index);
  }

  togglePlaying(): void {
    if (this.isPlaying) this.pause();
    else this.#play();
  }

  #play(): void {
    if (this.#index === this.model.events.length - 1) this.#index = 0;
    this.#rest();
    this.#moved();
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#moved();
  }

  #rest(): void {
    const restMs = (this.model.isStop(this.#index) ? STOP_MS : CALL_MS) / this.#speed;
    this.#timer = setTimeout(() => this.#advance(), restMs);
  }

  #advance(): void {
    if (this.#index === this.model.events.length - 1) {
      this.pause();
      return;
    }
    this.move(1);
    this.#rest();
  }
}
