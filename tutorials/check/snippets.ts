/** Every quoted name is where the chapter says, once. */
import type { Chapter } from "../book/chapter.ts";
import { findSnippet } from "../snippets/find-snippet.ts";

export function checkSnippets(chapters: readonly Chapter[]): string[] {
  return chapters.flatMap(({ snippets }) =>
    snippets.flatMap((reference) => {
      try {
        findSnippet(reference);
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    }),
  );
}
