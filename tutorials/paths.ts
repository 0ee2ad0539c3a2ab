/** Where the book's parts lie. */
import { resolve } from "node:path";

export const CLONE = resolve(import.meta.dirname, "..");
export const PACKAGES = resolve(CLONE, "packages");
export const CHAPTERS = resolve(import.meta.dirname, "chapters");
/** What recorded runs left for the site and for the checks: made anew by each `pnpm docs:check`. */
export const RECORDED = resolve(CLONE, "node_modules/.cache/tutorials");
