/** Lays out the site's pages as VitePress reads them: the chapters as they are, and the pages that are made from the book's tables. */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LANGUAGES, type Language } from "../../book/chapter.ts";
import { CHAPTERS, SITE_PAGES } from "../../paths.ts";
import { errataPage } from "./errata-page.ts";
import { glossaryPage } from "./glossary-page.ts";
import { mapPage } from "./map-page.ts";

const MADE: Readonly<Record<string, (language: Language) => string>> = {
  map: mapPage,
  glossary: glossaryPage,
  errata: errataPage,
};

/** `13-02.zh.md` becomes `zh/13-02.md`. */
export function writePages(): void {
  rmSync(SITE_PAGES, { recursive: true, force: true });
  mkdirSync(join(SITE_PAGES, "zh"), { recursive: true });
  for (const name of readdirSync(CHAPTERS).filter((name) => name.endsWith(".md")))
    cpSync(
      join(CHAPTERS, name),
      join(SITE_PAGES, name.endsWith(".zh.md") ? `zh/${name.replace(".zh.md", ".md")}` : name),
    );
  for (const language of LANGUAGES)
    for (const [name, make] of Object.entries(MADE))
      writeFileSync(join(SITE_PAGES, language === "en" ? "" : language, `${name}.md`), make(language));
}
