/** Writes the pages of source files into the built site. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createMarkdownRenderer } from "vitepress";
import { SITE, SITE_PAGES } from "../../paths.ts";
import { CODE_THEME } from "../code-theme.ts";
import { commitOfClone } from "./commit.ts";
import { SOURCE_FILES, sourceLink } from "./source-files.ts";
import { sourcePage } from "./source-page.ts";

export async function writeSources(): Promise<void> {
  const md = await createMarkdownRenderer(SITE_PAGES, { theme: CODE_THEME });
  const commit = commitOfClone();
  for (const [file, quotedIn] of SOURCE_FILES) {
    const path = join(SITE, sourceLink(file)!);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, sourcePage({ file, quotedIn, commit }, md));
  }
}
