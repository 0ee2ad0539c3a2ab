/**
 * Words of a text for the search: as the language divides them, and for Chinese each pair of characters too, so that a word is found which the
 * division has cut in another place. It is sent to the browser as source, so it stands alone.
 */
export function tokenize(text: string): string[] {
  const words = [...new Intl.Segmenter("zh", { granularity: "word" }).segment(text.toLowerCase())]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);
  const pairs = [...text.matchAll(/\p{Script=Han}{2,}/gu)].flatMap(([run]) =>
    Array.from(run).flatMap((character, index, all) => (index > 0 ? `${all[index - 1]}${character}` : [])),
  );
  return [...words, ...pairs];
}
