/** Where the book's parts lie. */
import { resolve } from "node:path";

export const CLONE = resolve(import.meta.dirname, "..");
export const PACKAGES = resolve(CLONE, "packages");
export const CHAPTERS = resolve(import.meta.dirname, "chapters");
/** What recorded runs left for the site and for the checks: made anew by each `pnpm docs:check`. */
export const RECORDED = resolve(CLONE, "node_modules/.cache/tutorials");
/** The site's pages, as VitePress reads them, and the site. */
export const SITE_PAGES = resolve(RECORDED, "pages");
export const SITE = resolve(RECORDED, "site");
export const LEDGER = resolve(import.meta.dirname, "ledger.yaml");
export const LEDGER_IDS = resolve(import.meta.dirname, "ledger-ids.txt");
export const ERRATA = resolve(import.meta.dirname, "errata.yaml");
export const GLOSSARY = resolve(import.meta.dirname, "glossary.yaml");
export const ARTICLE_HEADINGS = resolve(import.meta.dirname, "article-headings.yaml");
/** What the last run of the suite came to, test by test: test/proofs-reporter.ts writes it. */
export const PROOFS = resolve(RECORDED, "proofs.json");
