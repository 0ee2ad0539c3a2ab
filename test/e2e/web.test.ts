/** The page at /web, in a browser: a terminal of words, by keyboard alone. */
import { get, type OutgoingHttpHeaders } from "node:http";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Chromium, HAS_CHROMIUM } from "../harness/chromium.ts";
import { Docker2013 } from "../harness/docker-2013.ts";

let docker: Docker2013;
beforeAll(async () => {
  docker = await Docker2013.start();
  await docker.putBusybox();
});
afterAll(() => docker.stop());

describe.skipIf(!HAS_CHROMIUM)("the page at /web", () => {
  let browser: Chromium;
  let page: Page;
  let complaints: string[];
  let requests: URL[];

  beforeAll(async () => {
    browser = await Chromium.launch();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    ({ page, complaints, requests } = await browser.newPage());
    await page.goto(`http://${docker.http}/web`);
    await atPrompt();
  });
  afterEach(async () => {
    expect(complaints).toEqual([]);
    expect(new Set(requests.map(({ host }) => host))).toEqual(new Set([docker.http]));
    await page.close();
  });

  const prompt = () => page.getByRole("textbox", { name: "docker command" });
  const atPrompt = () => prompt().waitFor();
  const output = async () => (await page.getByRole("log").locator("pre").last().textContent()) ?? "";

  /** Types a line, as a person does: nothing is clicked. @returns The answer. */
  async function ask(line: string): Promise<string> {
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
    await atPrompt();
    return output();
  }

  test("starts with the help", async () => {
    expect(await output()).toMatch(/^Usage: docker COMMAND/);
    expect(await ask("help")).toMatch(/^Usage: docker COMMAND/);
  });

  test("shows the answers of commands", async () => {
    expect(await ask("images")).toMatch(/\nbusybox/);
    expect(await ask('run -a busybox /bin/echo "hello  web"')).toBe("hello  web\n");
    expect(await ask("ps -a")).toMatch(/^ID .*\n[0-9a-f]{8} .* \/bin\/echo hello {2}web /);
    expect(await ask("destroy everything")).toBe("Error: No such command: destroy\n");
  });

  test("shows what looks like markup as it is, and a terminal's colours not at all", async () => {
    expect(await ask(`run -a busybox sh -c 'echo "<b>$((6 * 7))</b>"'`)).toBe("<b>42</b>\n");
    expect(await ask(`run -a -t busybox printf '\\033[1;34mblue\\033[0m\\nsea\\n'`)).toBe("blue\nsea\n");
  });

  test("shows output as it comes, and Ctrl-C stops listening", async () => {
    await page.keyboard.type("run -a busybox sh -c 'echo started; sleep 1000'");
    await page.keyboard.press("Enter");
    await page.getByText("started\n", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Ctrl-C" }).waitFor();
    await page.keyboard.press("Control+c");
    await atPrompt();
    const id = (await ask("ps -q")).trim();
    expect(await ask(`kill ${id}`)).toBe(`${id}\n`);
  });

  test("recalls lines with the arrow keys", async () => {
    await ask("images -q");
    await ask("ps -q");
    const recalled = async (key: string) => {
      await page.keyboard.press(key);
      return prompt().inputValue();
    };
    expect(await recalled("ArrowUp")).toBe("ps -q");
    expect(await recalled("ArrowUp")).toBe("images -q");
    expect(await recalled("ArrowUp")).toBe("images -q");
    expect(await recalled("ArrowDown")).toBe("ps -q");
    expect(await recalled("ArrowDown")).toBe("");
  });

  test.each([1280, 390])("fits a window of %i pixels", async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await ask(`run -a busybox echo ${"word ".repeat(60)}`);
    await ask("ps -a");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
  });

  test("says so when the daemon has gone", async () => {
    await page.route("**/ps*", (route) => route.abort());
    expect(await ask("ps")).toMatch(/^Cannot reach the daemon: /);
    complaints = complaints.filter((complaint) => !complaint.includes("net::ERR_FAILED"));
  });
});

/** Plain HTTP, because fetch() sends no Host but the true one. */
function statusOf(headers: OutgoingHttpHeaders): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(`http://${docker.http}/ps?q=-q`, { headers, agent: false });
    request.once("response", (response) => resolve(response.resume().statusCode)).once("error", reject);
  });
}

describe("HTTP requests", () => {
  test.each([
    ["of no page", {}, 200],
    ["of a page of another origin", { Origin: "http://evil.example" }, 403],
    ["of another site's image or link", { "Sec-Fetch-Site": "cross-site" }, 403],
    ["to a name that was bent to this address", { Host: "evil.example" }, 403],
  ])("%s", async (_, headers, status) => {
    expect(await statusOf(headers)).toBe(status);
  });
});
