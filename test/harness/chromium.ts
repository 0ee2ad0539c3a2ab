/** A browser for a test: what its pages complain about and whom they ask. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

export const HAS_CHROMIUM = existsSync(CHROMIUM);

/** A page, with what it has written to its console or thrown, and the addresses that it has asked for. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: URL[];
}

export class Chromium {
  readonly #profile: string;
  readonly #context: BrowserContext;

  private constructor(profile: string, context: BrowserContext) {
    this.#profile = profile;
    this.#context = context;
  }

  static async launch(): Promise<Chromium> {
    const profile = mkdtempSync(join(tmpdir(), "docker-eras-chromium-"));
    return new Chromium(
      profile,
      await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args: FLAGS }),
    );
  }

  async newPage(): Promise<WatchedPage> {
    const page = await this.#context.newPage();
    const complaints: string[] = [];
    const requests: URL[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => requests.push(new URL(request.url())));
    return { page, complaints, requests };
  }

  async close(): Promise<void> {
    await this.#context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
