/**
 * Shows what pull, push, load and import tell. On a terminal each layer has a line, which changes as the layer comes; elsewhere lines follow
 * each other, and bars are left out.
 */
import { isatty } from "node:tty";
import type { ProgressDetail, ProgressMessage } from "../../engine-api/progress-message.ts";
import { write } from "./print.ts";
import { decimalSize } from "./size.ts";

const CLEAR_LINE = "\x1b[2K";
const UP = (lines: number): string => (lines > 0 ? `\x1b[${lines}A` : "");
const DOWN = (lines: number): string => (lines > 0 ? `\x1b[${lines}B` : "");
/** A narrower terminal has no room for a bar. */
const BAR_COLUMNS = 110;
const BAR_LENGTH = 50;

/** @param aux - What is told for programs. @throws {Error} What went wrong on the way. */
export async function showProgress(
  messages: AsyncIterable<ProgressMessage>,
  fd: number,
  aux: (value: NonNullable<ProgressMessage["aux"]>) => void = () => {},
): Promise<void> {
  const show = isatty(fd) ? new Screen(fd).show : (message: ProgressMessage) => write(fd, plainLine(message));
  for await (const message of messages) {
    if (message.aux) aux(message.aux);
    else if (message.errorDetail || message.error) throw new Error(message.errorDetail?.message ?? message.error);
    else show(message);
  }
}

function plainLine({ id, status = "", stream, progressDetail }: ProgressMessage): string {
  if (stream !== undefined) return stream;
  if (progressDetail && (progressDetail.current ?? 0) + (progressDetail.total ?? 0) > 0) return "";
  return `${id ? `${id}: ` : ""}${status}\n`;
}

/** Knows which line is whose. */
class Screen {
  readonly #fd: number;
  readonly #lines = new Map<string, number>();

  constructor(fd: number) {
    this.#fd = fd;
  }

  readonly show = (message: ProgressMessage): void => {
    const { id, progressDetail } = message;
    if (!id || !progressDetail) {
      this.#lines.clear();
      write(this.#fd, plainLine({ ...message, ...{ progressDetail: {} } }));
      return;
    }
    const isNew = !this.#lines.has(id);
    if (isNew) this.#lines.set(id, this.#lines.size);
    const above = this.#lines.size - this.#lines.get(id)!;
    const bar = formatBar(progressDetail, columnsOf(this.#fd));
    write(
      this.#fd,
      `${isNew ? "\n" : ""}${UP(above)}${CLEAR_LINE}\r${id}: ${message.status ?? ""} ${bar}\r${DOWN(above)}`,
    );
  };
}

function columnsOf(fd: number): number {
  const stream = fd === 2 ? process.stderr : process.stdout;
  return stream.columns ?? 0;
}

/** `[=====>     ]  1.2MB/12MB` */
function formatBar({ current = 0, total = 0 }: ProgressDetail, columns: number): string {
  if (current <= 0 && total <= 0) return "";
  const counted = decimalSize(current, 4).padStart(8);
  if (total <= 0 || current > total) return counted;
  const done = Math.floor((current / total) * BAR_LENGTH);
  const bar = columns > BAR_COLUMNS ? `[${"=".repeat(done)}>${" ".repeat(BAR_LENGTH - done)}] ` : "";
  return `${bar}${counted}/${decimalSize(total, 4)}`;
}
