/**
 * An event as lines of a terminal, none of which is longer than it is wide:
 *
 *          ms program    ┌ begins  ▸ step  → ← message  call(…) = answer  ◇ object
 *                        │ one bar more: caused by whoever has one bar less
 *       149.7 dockerd    │ ▸ 001/2 The image that was asked for is looked up
 *                        │   packages/docker-2019/dockerd/image/images.ts:84  name busybox
 *       206.4 dockerd    │     mount("overlay", "/var/lib/docker-eras/2019/…/merged", …) = 0    mount.ts:45
 *
 * A bar for each program that stands between the first one and this.
 */

/** What is to be shown of an event. */
export interface EventParts {
  readonly elapsedMs: number;
  readonly actor: string;
  /** How many have caused it, one through the other. */
  readonly depth: number;
  readonly text: string;
  /** What it works on. */
  readonly detail?: string;
  /** `packages/docker-2019/dockerd/image/images.ts:84` */
  readonly place?: string;
  /** It has its place on a line of its own; otherwise the file's name alone stands at the end of the line. */
  readonly isStep: boolean;
  /** It is of less interest. */
  readonly isFaint: boolean;
}

/** Escape sequences around a text. */
export type Paint = (text: string, colour: "actor" | "faint") => string;

const TIME_WIDTH = 8;
const ACTOR_WIDTH = 10;
const TEXT_START = TIME_WIDTH + ACTOR_WIDTH + 2;
/** Of what lies below a step. */
const INDENT = 2;
const NARROWEST = 24;

/** What stands above all lines: the columns' names, and what the signs in the last of them mean, in lines. */
export interface Head {
  readonly time: string;
  readonly actor: string;
  readonly signs: readonly string[];
}

/** @param columns - Of the terminal. */
export function layOutHead({ time, actor, signs }: Head, columns: number, paint: Paint): string[] {
  const names = `${time.padStart(TIME_WIDTH)} ${actor}${" ".repeat(ACTOR_WIDTH - width(actor))} `;
  const lines = signs.flatMap((line) => wrap(line, roomBehind(TEXT_START, columns)));
  return lines.map((line, i) => paint(`${i === 0 ? names : " ".repeat(TEXT_START)}${line}`, "faint"));
}

/** @param columns - Of the terminal. */
export function layOut(parts: EventParts, columns: number, paint: Paint): string[] {
  const { elapsedMs, actor, depth, isFaint } = parts;
  const bars = paint(`${"│".repeat(depth)}${depth > 0 ? " " : ""}`, "faint");
  const room = roomBehind(TEXT_START + depth + (depth > 0 ? 1 : 0), columns);
  const lines = parts.isStep ? stepLines(parts, room, paint) : [oneLine(parts, room, paint)];
  const time = paint(elapsedMs.toFixed(1).padStart(TIME_WIDTH), "faint");
  const name = paint(actor.padEnd(ACTOR_WIDTH), isFaint ? "faint" : "actor");
  return lines.map((line, i) =>
    i === 0 ? `${time} ${name} ${bars}${line}` : `${" ".repeat(TEXT_START)}${bars}${line}`,
  );
}

const roomBehind = (start: number, columns: number) => Math.max(NARROWEST, columns - start - 1);

function stepLines({ text, detail = "", place = "" }: EventParts, room: number, paint: Paint): string[] {
  const indent = " ".repeat(INDENT);
  const title = wrap(text, room - INDENT).map((line, i) => (i === 0 ? line : indent + line));
  const below = cut([place, detail].filter(Boolean).join("  "), room - INDENT);
  return below === "" ? title : [...title, indent + paint(below, "faint")];
}

function oneLine({ text, place = "", isFaint }: EventParts, room: number, paint: Paint): string {
  const file = place.slice(place.lastIndexOf("/") + 1);
  const shown = cut(text, file === "" ? room : room - file.length - 1);
  const gap = file === "" ? "" : " ".repeat(Math.max(1, room - width(shown) - file.length));
  return `${isFaint ? paint(shown, "faint") : shown}${gap}${paint(file, "faint")}`.trimEnd();
}

/**
 * Breaks a line at blanks, or where there are none, anywhere: Chinese has none.
 *
 * @param room - Columns.
 */
export function wrap(text: string, room: number): string[] {
  if (width(text) <= room) return [text];
  const end = fitting(text, room);
  const blank = text.lastIndexOf(" ", end);
  const at = blank > room / 2 ? blank : end;
  return [text.slice(0, at), ...wrap(text.slice(at).trimStart(), room)];
}

function cut(text: string, room: number): string {
  return width(text) <= room ? text : `${text.slice(0, fitting(text, room - 1))}…`;
}

/** @returns How much of it fits: an index. */
function fitting(text: string, room: number): number {
  let taken = 0;
  let index = 0;
  for (const character of text) {
    taken += width(character);
    if (taken > room) break;
    index += character.length;
  }
  return index;
}

const WIDE = /[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u;

/** In columns. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}
