/** What a page shows of a command's output: the recorded lines, cut as the chapter's are, so that what differs from run to run is told apart. */
import { ELLIPSIS, type LinePart, partsOf } from "./match-output.ts";
import { withoutKeys } from "./run-chapter.ts";

/** In the place of lines that the chapter leaves out. */
export const LEFT_OUT: readonly LinePart[] = [{ text: "…", kind: "..." }];

/**
 * @param expected - As the chapter has them, with placeholders.
 * @param printed - As they were recorded. Where none agrees, as before the first recording, a placeholder's kind stands for its value: `‹id›`.
 */
export function shownOutput(expected: readonly string[], printed: readonly string[]): (readonly LinePart[])[] {
  let next = 0;
  return expected.map((line) => {
    if (line === ELLIPSIS) return LEFT_OUT;
    const at = printed.findIndex((text, index) => index >= next && partsOf(withoutKeys(line), text) !== undefined);
    if (at === -1)
      return [{ text: line.replaceAll(/<([A-Z]+)(?::\w+)?>/g, (_, kind: string) => `‹${kind.toLowerCase()}›`) }];
    next = at + 1;
    return partsOf(line, printed[at]!) ?? [{ text: line }]; // with keys, which the terminal does not show
  });
}
