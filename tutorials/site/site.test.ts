/** The built site in a browser: every page, wide and narrow, light and dark; its links; its search; its questions. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Chromium, HAS_CHROMIUM } from "../../test/harness/chromium.ts";
import { runProgram, shellEnvironment } from "../../test/harness/run-program.ts";
import { SITE } from "../paths.ts";

const BUILD = join(import.meta.dirname, "build.ts");
const BUILD_MS = 600_000;
const PAGES_MS = 120_000;
const WINDOWS = [
  { width: 1280, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
  { width: 1280, colorScheme: "dark" },
  { width: 390, colorScheme: "light" },
] as const;

/** No server stands behind it: the network of this machine changes while other tests run, and Chromium gives requests up when it does. */
const ORIGIN = "http://site.test";

beforeAll(async () => {
  // Apart from the suite: VitePress builds another site where it finds a test's environment.
  const { status, stderr } = await runProgram(process.execPath, [BUILD], { env: shellEnvironment() });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
}, BUILD_MS);

/** `/13-02.html`; those of source files and recorded runs are apart. */
function pagePaths(): string[] {
  const names = readdirSync(SITE, { recursive: true, encoding: "utf8" });
  return names.filter((name) => /^(?!source|viewer).*\.html$/.test(name)).map((name) => `/${name}`);
}

describe("the site's links", () => {
  const documents = new Map<string, { ids: ReadonlySet<string>; links: readonly string[] }>();
  beforeAll(() => {
    for (const name of readdirSync(SITE, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".html"),
    ))
      documents.set(`/${name}`, readLinks(readFileSync(join(SITE, name), "utf8")));
  });

  function readLinks(html: string) {
    const values = (name: string) =>
      [...html.matchAll(new RegExp(` ${name}="([^"]*)"`, "g"))].map(([, value]) => value!);
    return {
      ids: new Set(values("id")),
      links: [...values("href"), ...values("src")].filter((link) => /^[/#]/.test(link)),
    };
  }

  test("lead to pages and places that are there", () => {
    const dead = [...documents].flatMap(([page, { links }]) =>
      [...new Set(links)].filter((link) => !leadsSomewhere(link, page)).map((link) => `${page}: ${link}`),
    );
    expect(dead).toEqual([]);
  });

  function leadsSomewhere(link: string, page: string): boolean {
    const { pathname, hash } = new URL(link, `http://site${page}`);
    const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    const target = documents.get(path);
    if (!target) return existsSync(join(SITE, path));
    return hash === "" || target.ids.has(decodeURIComponent(hash.slice(1)));
  }
});

test("pages show what commands printed, and no placeholder", () => {
  const chapters = pagePaths().filter((path) => /\d\d-\d/.test(path));
  const texts = new Map(chapters.map((path) => [path, readFileSync(join(SITE, path), "utf8")]));
  const PLACEHOLDER = /(?:&lt;|&#60;)(?:ID|PID|DIGEST|IP|TIME|SIZE|ANY)(?::\w+)?(?:&gt;|&#62;|>)/;
  expect(chapters.filter((path) => PLACEHOLDER.test(texts.get(path)!))).toEqual([]);
  expect(texts.get("/13-05.html")).toMatch(/class="varies"[^>]*>[0-9a-f]{8}/);
});

describe.each(["", "zh/"])("pictures of recorded runs: /%s", (base) => {
  const read = (page: string, pattern: RegExp) =>
    [...readFileSync(join(SITE, `${base}${page}.html`), "utf8").matchAll(pattern)].map(([, ...groups]) => groups);

  test("have client, host and registry, and the six conversations that article 004 draws, by their numbers", () => {
    const links = read("20-2", /data-link="([^"]+)"><i>(\d+)/g).sort(([, a], [, b]) => Number(a) - Number(b));
    expect(links.map(([link]) => link)).toEqual([
      "docker dockerd",
      "dockerd registry",
      "dockerd containerd",
      "containerd shim",
      "shim runc",
      "runc init",
    ]);
    expect(read("20-2", /class="zone-name">([^<]+)/g)).toHaveLength(3);
  });

  test("have containerd's services and the parts behind them", () => {
    const services = ["containers", "content", "diff", "images", "leases", "snapshots", "tasks"];
    expect(read("19-21", /data-service="(\w+)"/g).flat()).toEqual(services);
    const parts = ["content", "diff", "events", "metadata", "runtime", "services"];
    expect(read("19-21", /data-part="(\w+)"/g).flat()).toEqual(parts);
  });

  test("have the way from an image to a bundle, with article 002's eight steps", () => {
    const numbers = read("19-21", /data-number="(\d)"/g).flat();
    expect(numbers.toSorted()).toEqual([..."12345678"]);
    expect(numbers.slice(-2)).toEqual(["7", "8"]);
  });
});

describe.skipIf(!HAS_CHROMIUM)("the site in a browser", () => {
  let browser: Chromium;
  let page: Page;
  let complaints: string[];
  let requests: URL[];

  beforeAll(async () => {
    browser = await Chromium.launch();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    ({ page, complaints, requests } = await browser.newPage());
    await page.route("**/*", (route) => {
      const { origin, pathname } = new URL(route.request().url());
      return origin === ORIGIN ? route.fulfill({ path: join(SITE, pathname) }) : route.abort();
    });
  });
  afterEach(async () => {
    expect(complaints).toEqual([]);
    expect(requests.filter(({ origin, protocol }) => origin !== ORIGIN && protocol !== "data:")).toEqual([]);
    await page.close();
  });

  /** Opens a page, and waits until it answers to keys and clicks. */
  async function open(path: string): Promise<void> {
    await page.goto(`${ORIGIN}${path}`);
    await page.waitForFunction("document.querySelector('#app').__vue_app__ !== undefined");
  }
  const scrollWidth = () => page.evaluate<number>("document.documentElement.scrollWidth");

  test.each(["en", "zh"])("fits every window, light and dark: %s", { timeout: PAGES_MS }, async (language) => {
    for (const path of pagePaths().filter((path) => path.startsWith("/zh/") === (language === "zh"))) {
      await open(path);
      for (const { width, colorScheme } of WINDOWS) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await page.waitForFunction(`document.documentElement.classList.contains("dark") === ${colorScheme === "dark"}`);
        expect(await scrollWidth(), path).toBe(width);
        expect(complaints, path).toEqual([]);
      }
    }
  });

  test("shows source files, coloured and with their lines' places", async () => {
    await open("/13-02.html");
    await page.locator(".quoted-from a").first().click();
    await page.locator(".line:target").waitFor();
    expect(await page.locator("header").textContent()).toContain("13-02");
    expect(await scrollWidth()).toBe(1280);
  });

  test("shows the recorded run in a frame, which keys lead through", async () => {
    await open("/13-02.html");
    await page.locator("figure.viewer").scrollIntoViewIfNeeded();
    const clock = page.frameLocator("figure.viewer iframe").locator(".clock");
    await clock.click();
    const before = await clock.textContent();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => clock.textContent()).not.toBe(before);
  });

  test("gives its theme to the frame", async () => {
    await open("/13-02.html");
    await page.emulateMedia({ colorScheme: "light" });
    await page.locator("figure.viewer").scrollIntoViewIfNeeded();
    const html = page.frameLocator("figure.viewer iframe").locator("html");
    await expect.poll(() => html.getAttribute("data-theme")).toBe("light");
    await page.locator(".VPNavBarAppearance button").click();
    await expect.poll(() => html.getAttribute("data-theme")).toBe("dark");
  });

  test.each([
    ["/zh/index.html", "命名空间"],
    ["/zh/index.html", "写时复制"],
    ["/zh/index.html", "垫片"],
    ["/index.html", "copy-on-write"],
    ["/index.html", "namespace"],
  ])("on %s finds %s", async (path, words) => {
    await open(path);
    await page.locator("#local-search button").click();
    await page.locator(".VPLocalSearchBox input").fill(words);
    const found = page.locator(".VPLocalSearchBox .result").first();
    await found.waitFor();
    await found.click();
    await page.waitForURL((url) => url.pathname !== path);
    expect((await page.locator("main").textContent())?.toLowerCase()).toContain(words);
  });

  test.each([
    ["/index.html", "写时复制", "/00-3.html"],
    ["/zh/index.html", "copy-on-write", "/zh/00-3.html"],
  ])("on %s finds %s by its other name", async (path, words, chapter) => {
    await open(path);
    await page.locator("#local-search button").click();
    await page.locator(".VPLocalSearchBox input").fill(words);
    await page.locator(`.VPLocalSearchBox .result[href^="${chapter}"]`).first().waitFor();
  });

  test("keeps predictions sealed, and tells answers when asked", async () => {
    await open("/13-02.html");
    const sealed = page.locator(".quiz.predict");
    expect(await sealed.locator(".told").count()).toBe(0);
    await sealed.locator(".seal button").click();
    expect(await sealed.locator(".told").count()).toBe(await sealed.locator("fieldset").count());
    const quiz = page.locator(".quiz.quiz:not(.predict)").first();
    const [first] = await quiz.locator("fieldset").all();
    await first!.locator("button").click();
    expect(await quiz.locator(".told").count()).toBe(1);
    expect(await quiz.locator(".told a").getAttribute("href")).toMatch(/^\/viewer\/13-02\.en\.html/); // nothing was answered
    await quiz.locator("fieldset").nth(1).locator("input").press("Enter"); // behind a word, as at a terminal
    expect(await quiz.locator(".told").count()).toBe(2);
  });

  test("explains a word of the glossary to who comes by Tab, until Escape", async () => {
    await open("/13-03.html");
    const word = page.locator(".term").first();
    await word.focus();
    const card = page.getByRole("tooltip");
    await card.waitFor();
    expect(await card.textContent()).toContain(await word.locator(".term-word").textContent());
    await page.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
  });
});
