/** What a check of the host says. */

/** `missing` stops what needs it; `absent` is something that the host can do without. */
export type Status = "ok" | "absent" | "missing";

export interface Check {
  readonly capability: string;
  /** Who needs it, in a word or two. */
  readonly neededBy: string;
  readonly status: Status;
  /** What was found. */
  readonly found: string;
  /** How to get it. Empty when nothing needs to be done. */
  readonly remedy: string;
}

interface Need {
  readonly capability: string;
  readonly neededBy: string;
  readonly remedy: string;
  /** Without it no container runs; else only what `neededBy` says. */
  readonly required: boolean;
}

/** @param problem - What is wrong, or undefined if nothing is. @param found - What to show when nothing is wrong. */
export function judge(need: Need, problem: string | undefined, found = "works"): Check {
  const { capability, neededBy, remedy, required } = need;
  if (problem === undefined) return { capability, neededBy, status: "ok", found, remedy: "" };
  return { capability, neededBy, status: required ? "missing" : "absent", found: problem, remedy };
}
