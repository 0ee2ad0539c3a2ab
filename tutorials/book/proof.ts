/**
 * What proves a row of the ledger:
 *
 *     test: test/e2e/trace.test.ts > a traced run > tells     a test whose full name begins so; * stands for any text
 *     steps                                                   a step that names the row, in a run that is traced
 *     transcript: 13-02/hello                                 a block of commands in a chapter
 *     quote                                                   nothing: it is history, told with its source
 */

export type Proof =
  | { readonly kind: "test"; readonly file: string /** Empty: all of the file. */; readonly name: string }
  | { readonly kind: "steps" }
  | { readonly kind: "transcript"; readonly chapter: string; readonly block: string }
  | { readonly kind: "quote" };

const TEST = /^test: (?<file>\S+\.test\.ts)(?: > (?<name>.+))?$/;
const TRANSCRIPT = /^transcript: (?<chapter>\d\d-\d+)\/(?<block>[\w-]+)$/;

/** @param at - For the message. @throws {Error} For a text that is none of the four. */
export function readProof(text: string, at: string): Proof {
  if (text === "steps" || text === "quote") return { kind: text };
  const { file, name = "" } = TEST.exec(text)?.groups ?? {};
  if (file !== undefined) return { kind: "test", file, name };
  const { chapter, block } = TRANSCRIPT.exec(text)?.groups ?? {};
  if (chapter !== undefined) return { kind: "transcript", chapter, block: block! };
  throw new Error(`${at} is to be "test: FILE > NAME", "steps", "transcript: CHAPTER/BLOCK" or "quote": ${text}`);
}

/** As it is written. */
export function proofText(proof: Proof): string {
  if (proof.kind === "test") return `test: ${proof.file}${proof.name && ` > ${proof.name}`}`;
  return proof.kind === "transcript" ? `transcript: ${proof.chapter}/${proof.block}` : proof.kind;
}
