/** `era 2013 --trace`: runs one command of 2013's client and shows what happens in client, daemon, lxc-start and init. */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LINKS_VARIABLE } from "@eras/docker-2013/rcli/trace-link.ts";
import { STEPS } from "@eras/docker-2013/steps.ts";
import { callText } from "@eras/linux/call-text.ts";
import { runTraced } from "@eras/trace/traced-run.ts";

interface TracedClient {
  program: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** The era's run directory, where its daemon looks for traced requests. */
  runDir: string;
  /** Write the trace to this file instead of printing lines: a page or, for Perfetto, JSON. */
  file?: string | undefined;
}

/** Runs the client, traced. @returns Its exit code. */
export async function runTracedClient({ program, args, env, runDir, file }: TracedClient): Promise<number> {
  const links = join(runDir, "trace");
  mkdirSync(links, { recursive: true, mode: 0o700 });
  const spool = join(links, `run-${randomBytes(4).toString("hex")}.jsonl`);
  return runTraced({
    program,
    args,
    env: { ...env, [LINKS_VARIABLE]: links },
    spool,
    file,
    steps: STEPS,
    callText,
    toPage: async (run) => (await import("@eras/viewer/recorded-page.ts")).recordedPage({ era: "2013", ...run }),
  });
}
