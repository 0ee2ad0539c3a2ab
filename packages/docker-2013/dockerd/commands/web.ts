/** `docker web`: the page that is a terminal, for http://127.0.0.1:8080/web. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

const PAGE = resolve(import.meta.dirname, "../web/terminal.html");

export function CmdWeb(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "web", "[OPTIONS]", "A web UI for docker");
  const showUrl = flags.bool("u", false, "Return the URL of the web UI");
  if (!flags.parse(args)) return;
  stdout.write(showUrl.value ? `http://${this.httpAddress}/web\n` : readFileSync(PAGE));
}
