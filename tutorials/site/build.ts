/** `pnpm run docs`: builds the site. What it shows of runs is recorded first, where nobody has done so yet: that takes some minutes, once. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SITE } from "../paths.ts";
import { recordMissing } from "./record-missing.ts";

/** @throws {Error} When something has to be recorded, and can't be here; when a page can't be made. */
async function buildSite(note: (line: string) => void): Promise<void> {
  await recordMissing(note);
  // What follows reads what has been recorded, some of it when it is loaded.
  const { writePages } = await import("./pages/write-pages.ts");
  const { writeSources } = await import("./source/write-sources.ts");
  const { writeViewers } = await import("./viewer/write-viewers.ts");
  const { build } = await import("vitepress");
  writePages();
  await build(import.meta.dirname);
  await writeSources();
  writeViewers();
  if (!existsSync(join(SITE, "index.html"))) throw new Error(`VitePress wrote no ${SITE}/index.html`);
}

if (import.meta.main) {
  try {
    await buildSite((line) => console.log(line));
    console.log(`\nThe site is built. To read it: pnpm docs:serve`);
  } catch (error) {
    process.stderr.write(`pnpm run docs: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
