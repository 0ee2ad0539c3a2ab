/** The daemon's web page, in a browser. */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { Docker2013 } from "../harness/docker-2013.ts";

const CHROMIUM = "/usr/bin/chromium";

test.skipIf(!existsSync(CHROMIUM))(
  "the page at /web runs commands, keeps quoted words together and shows the answer as text",
  async () => {
    const docker = await Docker2013.start();
    await docker.putBusybox();
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      await page.goto(`http://${docker.http}/web`);
      const screen = page.locator("#screen");
      await screen.getByText("Usage: docker COMMAND").waitFor();
      const type = async (line: string) => {
        await page.locator("#words").fill(line);
        await page.keyboard.press("Enter");
      };
      await type(`run -a busybox sh -c 'echo "a  b"; echo "<b>$((6 * 7))</b>"'`);
      await screen.getByText("<b>42</b>").waitFor();
      expect(await screen.locator("pre").last().textContent()).toBe("a  b\n<b>42</b>\n");
      await type("nosuch");
      await screen.getByText("Error: No such command: nosuch").waitFor();
      await page.keyboard.press("ArrowUp");
      expect(await page.locator("#words").inputValue()).toBe("nosuch");
    } finally {
      await browser.close();
      await docker.stop();
    }
  },
);

test("another site's page can't run commands", async () => {
  const docker = await Docker2013.start();
  try {
    const url = `http://${docker.http}/ps?q=-q`;
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url, { headers: { Origin: "http://evil.example" } })).status).toBe(403);
    expect((await fetch(url, { headers: { "Sec-Fetch-Site": "cross-site" } })).status).toBe(403);
  } finally {
    await docker.stop();
  }
});
