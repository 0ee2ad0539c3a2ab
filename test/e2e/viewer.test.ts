/** The page that `--trace=FILE.html` makes, of real runs of both eras, in a browser: all of it on one cursor, by keyboard, without a network. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { RecordedRun } from "@eras/viewer/recorded-run.ts";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Chromium, HAS_CHROMIUM } from "../harness/chromium.ts";
import { answerOf, NODE, runIn, tracePage2013, tracePage2019 } from "../harness/traced-page.ts";

const CLONE = resolve(import.meta.dirname, "../..");
const TRACE = join(CLONE, "packages/viewer/main.ts");
const MOST_BYTES = 1_000_000;
const START_MS = 120_000;
const PICTURES = ["s", "p", "k", "m"];
const DETAILS = ["c", "w", "a"];

const dir = mkdtempSync(join(tmpdir(), "docker-eras-viewer-"));
const FILES = { 2013: join(dir, "2013.html"), 2019: join(dir, "2019.html"), both: join(dir, "both.html") };

beforeAll(async () => {
  const [of2013, of2019] = await Promise.all([
    tracePage2013(FILES[2013], ["/bin/echo", "hello"]),
    tracePage2019(FILES[2019], ["echo", "hello"]),
  ]);
  expect(of2013).toEqual(answerOf(FILES[2013]));
  expect(of2019).toEqual(answerOf(FILES[2019]));
  execFileSync(NODE, [TRACE, "compare", FILES[2013], FILES[2019], "-o", FILES.both]);
  for (const file of Object.values(FILES)) expect(statSync(file).size).toBeLessThan(MOST_BYTES);
}, START_MS);
afterAll(() => rmSync(dir, { recursive: true }));

describe.skipIf(!HAS_CHROMIUM)("the viewer", () => {
  let browser: Chromium;
  let page: Page;
  let complaints: string[];
  let requests: URL[];

  beforeAll(async () => {
    browser = await Chromium.launch();
  });
  afterAll(() => browser?.close());

  /** Opens a page from disk. */
  async function open(file: string, width = 1280, height = 800): Promise<void> {
    ({ page, complaints, requests } = await browser.newPage());
    await page.setViewportSize({ width, height });
    await page.goto(`file://${file}`);
  }
  afterEach(async () => {
    expect(complaints).toEqual([]);
    expect(requests.map(({ href }) => href)).toEqual([page.url().replace(/#.*/, "")]);
    await page.close();
  });

  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const texts = (selector: string) => page.locator(selector).allInnerTexts();
  const current = () => page.locator(".story [aria-current] .text").textContent();
  /** By the page's own clock: `44.9 ms · 15 of 100`. */
  const position = async () => Number(/· (\d+)/.exec((await page.locator(".clock").textContent())!)![1]) - 1;
  /** Moves to the first event that is so. */
  async function goTo(run: RecordedRun, isIt: (event: RecordedRun["events"][number]) => boolean): Promise<void> {
    await page.getByRole("slider").fill(String(run.events.findIndex(isIt)));
  }
  const isStep = (step: string) => (event: { step?: string }) => event.step === step;

  test("moves on one cursor, by keyboard, back and forward", async () => {
    await open(FILES[2013]);
    await press("ArrowRight", "ArrowRight", "ArrowLeft");
    expect(await position()).toBe(1);
    await press("ArrowDown");
    expect(await current()).toContain('docker → dockerd: ["run"');
    await press("End", "ArrowRight");
    expect(await position()).toBe(runIn(FILES[2013]).events.length - 1);
    await press("Home", "ArrowLeft");
    expect(await position()).toBe(0);
  });

  test("has one stop for Tab in the story, which follows the cursor", async () => {
    await open(FILES[2019]);
    const stops = page.locator(".story li > button:not([tabindex='-1'])");
    expect(await stops.count()).toBe(1);
    await stops.focus();
    await press("ArrowDown", "ArrowDown");
    expect(await stops.count()).toBe(1);
    const focused = page.locator(":focus");
    expect(await focused.textContent()).toBe(await page.locator(".story [aria-current]").textContent());
    await press("Tab", "Tab");
    expect(await focused.textContent()).toBe("Sequence");
  });

  test("jumps to the article's numbered steps", async () => {
    await open(FILES[2013]);
    const { events, steps } = runIn(FILES[2013]);
    for (const number of [6, 1, 2, 3, 4, 5]) {
      await press(String(number));
      expect(steps[events[await position()]!.step!]!.number).toBe(number);
      expect(await texts(".chips [aria-current]")).toEqual([String(number)]);
    }
  });

  test("opens at the step and the panes that a link names", async () => {
    await open(`${FILES[2013]}#kernel,init.pivot-root,article`);
    expect(await current()).toContain("pivot_root");
    expect(await page.getByRole("tab", { selected: true }).allInnerTexts()).toEqual(["Story", "Kernel", "Article"]);
  });

  test("plays, and pauses", async () => {
    await open(FILES[2013]);
    await press("Space");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await expect.poll(position, { timeout: 30_000 }).toBeGreaterThan(1);
    await press("Space");
    await page.getByRole("button", { name: "Play" }).waitFor();
  });

  test("tells the run in words: every step, in order, by actors with names and signs", async () => {
    await open(FILES[2013]);
    const { events, steps } = runIn(FILES[2013]);
    const titles = events.flatMap(({ step }) => (step === undefined ? [] : steps[step]!.title));
    const told = await page
      .locator(".story .point .text")
      .evaluateAll((all) => all.map((one) => one.lastChild!.textContent));
    expect(told).toEqual(titles);
    for (const actor of await texts(".story .actor")) expect(actor).toMatch(/^[^\w\s]\s*[a-z-]+$/);
    await page.getByLabel("all kernel calls").check();
    expect(await page.locator(".story .call:visible").count()).toBe(
      events.filter(({ kind }) => kind === "kernel").length,
    );
  });

  test("draws who speaks to whom", async () => {
    await open(FILES[2013]);
    await press("s");
    expect((await texts(".lane-head")).map((text) => text.replace(/^\S+\s+/, ""))).toEqual([
      "docker",
      "dockerd",
      "lxc-start",
      "init",
    ]);
    expect(await page.locator(".sequence .message").count()).toBe(1);
    expect(await page.locator(".sequence .start").count()).toBe(2);
    await page.locator(".sequence .message .label").click();
    expect(await current()).toContain("docker → dockerd");
  });

  test("draws by itself the messages of article 004 that a run with a known image has", async () => {
    await open(FILES[2019]);
    const labels = await page
      .locator(".sequence .message, .sequence .answer")
      .evaluateAll((all) => all.map((one) => one.querySelector("title")!.textContent));
    const numbers = labels.flatMap((label) => /^004\/(\d)/.exec(label!)?.[1] ?? []);
    expect(numbers).toEqual(["1", "6", "7", "8"]);
  });

  test("shows the tree of processes, and who takes in orphans", async () => {
    await open(FILES[2019]);
    await press("p");
    await goTo(runIn(FILES[2019]), isStep("runc.open-fifo"));
    const init = page.locator(".tree .process", { hasText: "init" });
    expect(await init.textContent()).toContain("adopted by shim");
    expect(
      await page.locator(".tree li:has(> .process:has-text('shim')) > ul > li > .process:has-text('init')").count(),
    ).toBe(1);
    await goTo(runIn(FILES[2019]), isStep("shim.report-exit"));
    expect(await page.locator(".tree .process.dead").textContent()).toContain("echo");
  });

  test("shows the kernel's objects: nested namespaces, layers, limits, and what has been given up", async () => {
    await open(FILES[2013]);
    const run = runIn(FILES[2013]);
    await press("k");
    await goTo(run, isStep("init.exec"));
    expect(await texts(".ns.host > .ns.ipc > .ns.uts > .ns.mnt > .ns.pid .inhabitant")).toEqual([
      expect.stringContaining("init"),
    ]);
    const [, id] = /([0-9a-f]{8})\/rootfs/.exec((await page.locator(".slab.merged").textContent())!)!;
    expect(await texts(".ns.uts > .ns-label b")).toEqual([expect.stringContaining(id!)]);
    expect(await page.locator(".slab.upper").textContent()).toContain(`${id}/rw`);
    expect(await texts(".mount code")).toEqual(
      expect.arrayContaining(["/proc", "/sys", "/dev", "/dev/pts", "/etc/resolv.conf"]),
    );
    expect(await page.locator(".cgroup").textContent()).toMatch(new RegExp(`/docker-eras-2013/${id}[^]*init`));
    expect(await page.locator(".kernel").textContent()).toMatch(/init \d+ capabilities given up/);
    await press("End");
    expect(await page.locator(".union, .ns.pid").count()).toBe(0);
  });

  test("shows a message's bytes, and a command that sends it", async () => {
    await open(FILES[2013]);
    await press("ArrowDown", "ArrowDown", "w");
    expect(await page.locator(".decoded").textContent()).toBe(
      '[\n  "run",\n  "-a",\n  "busybox",\n  "/bin/echo",\n  "hello"\n]',
    );
    expect(await page.locator(".bytes").textContent()).toMatch(/^000000 {2}5b 22 72 75 6e 22 2c/);
    expect(await page.locator(".command").textContent()).toMatch(
      /^printf '%s\\n' '\["run",.*\]' \| nc 127\.0\.0\.1 \d+$/,
    );
  });

  test("shows a protobuf message's fields by number and name, and marks their bytes", async () => {
    await open(FILES[2019]);
    const run = runIn(FILES[2019]);
    const create = /\.Tasks\/Create$/;
    await press("w");
    await goTo(run, ({ kind, msg }) => kind === "send" && create.test(msg?.summary ?? ""));
    expect(await page.locator(".metadata").textContent()).toBe("metadata: containerd-namespace: moby");
    const [id] = await page.locator(".fields > li:first-child .field").allInnerTexts();
    expect(id).toMatch(/^1\s+container_id string "[0-9a-f]{64}"$/);
    await page.locator(".fields > li:first-child .field").focus();
    const marked = '[...CSS.highlights.get("field")].filter((_, i) => i % 2).map(String).join("")';
    expect(await page.evaluate(marked)).toBe(`.@${/[0-9a-f]{64}/.exec(id!)![0]}`);
    expect(await page.locator(".command").textContent()).toMatch(
      /^echo \S+ \| base64 -d \| curl .*\/containerd\.sock /,
    );
    await goTo(run, ({ kind, msg }) => kind === "recv" && create.test(msg?.answers ?? ""));
    const init = run.events.find(({ kind, actor }) => kind === "begin" && actor === "init")!;
    expect(await texts(".fields > li:last-child .field")).toEqual([
      expect.stringMatching(new RegExp(`^2\\s+pid uint32 ${init.pid}$`)),
    ]);
  });

  test("shows the line of each step, within its function; a line that ran leads to when it did", async () => {
    await open(FILES[2013]);
    const run = runIn(FILES[2013]);
    for (const step of ["docker.call-tcp", "dockerd.mount", "init.pivot-root"]) {
      await goTo(run, isStep(step));
      expect(await page.locator(".line.current").textContent()).toContain(`step("${step}"`);
      expect(await page.locator(".line.around").count()).toBeGreaterThan(2);
    }
    await page.locator(".line", { hasText: "pivotRoot(" }).getByRole("button").click();
    expect(await current()).toMatch(/^pivot_root\("\.", "\."\) = 0$/);
  });

  test("says where an article tells of it", async () => {
    await open(FILES[2013]);
    await press("2", "a");
    expect(await page.locator(".article h2").textContent()).toBe("查找镜像");
    expect(await texts(".article dt")).toEqual(["001.20", "001.24", "001.60"]);
    const { claims } = runIn(FILES[2013]);
    expect(await texts(".article dd")).toEqual(["001.20", "001.24", "001.60"].map((row) => claims[row]!.claim));
    expect(await texts(".own-list li")).toHaveLength(6);
    expect(await texts(".own-list [aria-current]")).toEqual([expect.stringMatching(/^✓ 2 The image is found/)]);
  });

  test("speaks Chinese, and stays where it is", async () => {
    await open(FILES[2013]);
    await press("3", "k", "w", "l");
    expect(await page.locator("html").getAttribute("lang")).toBe("zh");
    expect(await current()).toContain("创建容器的结构，并将它存储在一个列表中");
    expect(await page.getByRole("tab", { selected: true }).allInnerTexts()).toEqual(["叙述", "内核", "线路"]);
    await press("l");
    expect(await page.getByRole("tab", { selected: true }).allInnerTexts()).toEqual(["Story", "Kernel", "Wire"]);
  });

  test("is light or dark as the system has it, or as one asks", async () => {
    await open(FILES[2013]);
    const paper = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    await page.emulateMedia({ colorScheme: "light" });
    const light = await paper();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await paper()).not.toBe(light);
    await press("t");
    expect(await paper()).toBe(light);
  });

  test("moves nothing for who wants no motion", async () => {
    await open(FILES[2013]);
    const transition = () => page.evaluate("getComputedStyle(document.querySelector('.story li')).transitionDuration");
    await page.emulateMedia({ reducedMotion: "no-preference" });
    expect(await transition()).toContain("0.25s");
    await page.emulateMedia({ reducedMotion: "reduce" });
    expect(await transition()).toBe("0s");
  });

  test("compares with a second page from disk, by what steps are for", async () => {
    await open(FILES[2013]);
    await page.locator("input[type=file]").setInputFiles(FILES[2019]);
    const row = page.locator(".compare tr", { hasText: "The container is described for the runtime" });
    expect(await row.locator("td").allInnerTexts()).toEqual([
      expect.stringContaining("config.lxc"),
      expect.stringContaining("dockerd"),
    ]);
    await row.locator("td").nth(1).getByRole("button").click();
    expect(await page.getByRole("button", { pressed: true }).textContent()).toContain("2019");
    const { events } = runIn(FILES[2019]);
    expect(events[await position()]!.step).toBe("dockerd.make-spec");
    await press("r");
    expect(await page.getByRole("button", { pressed: true }).textContent()).toContain("2013");
  });

  test("refuses a file that is no page of a trace, and says what to give", async () => {
    await open(FILES[2013]);
    const dialog = page.waitForEvent("dialog");
    const choice = page.locator("input[type=file]").setInputFiles(import.meta.filename);
    const message = (await dialog).message();
    await (await dialog).accept();
    await choice;
    expect(message).toBe("Cannot open viewer.test.ts: expected a page that was made by --trace=FILE.html");
  });

  test.each([1024, 1280, 1920])("fits a window of %i pixels, whatever it shows", async (width) => {
    await open(FILES.both, width, 768);
    await press("r", "9");
    for (const key of [...PICTURES, ...DETAILS, "l", ...PICTURES, ...DETAILS]) {
      await press(key);
      expect(
        await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"),
        key,
      ).toEqual([width, 768]);
    }
    await press("End", "ArrowUp"); // everything that there is to show is there
    for (const key of ["p", "k", "m", "w", "a"]) {
      await press(key);
      const panes = page.locator(".picture .pane-body, .detail .pane-body:not(.code)");
      const beyond = await panes.evaluateAll((all) => all.map((pane) => pane.scrollWidth - pane.clientWidth));
      expect(Math.max(...beyond), key).toBe(0);
    }
  });

  test("fits a frame of 700 pixels in another page", async () => {
    await open(FILES[2013], 700, 900);
    for (const key of [...PICTURES, ...DETAILS]) {
      await press(key);
      expect(await page.evaluate("document.documentElement.scrollWidth"), key).toBe(700);
    }
  });
});
