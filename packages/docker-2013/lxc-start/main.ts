/**
 * lxc-start, as LXC 0.8 had it in January 2013: reads what a container is to be, builds it, and waits for its end.
 *
 * Exit code: that of the container's program; 128 + n if signal n ended it; 255 if lxc-start itself failed, and says why on stderr.
 */
import { writeSync } from "node:fs";
import { endTracing } from "@eras/trace/context.ts";
import { step } from "../step.ts";
import { traceProgram } from "../tracing.ts";
import { type Options, parseCommandLine } from "./command-line.ts";
import type { ContainerConfig } from "./config.ts";
import { readConfig } from "./config-file.ts";
import { runContainer } from "./container.ts";
import { type Log, openLog } from "./log.ts";

const OWN_FAILURE = 255;
const STDERR = 2;

async function main(args: readonly string[]): Promise<number> {
  const options = parseCommandLine(args);
  if (typeof options === "string") {
    console.log(options);
    return 0;
  }
  return start(options, openLog(options.logPath, options.logLevel));
}

async function start(options: Options, log: Log): Promise<number> {
  try {
    const code = await runContainer(options, configOf(options), log);
    log("INFO", `${options.name} ended with exit code ${code}`);
    return code;
  } catch (error) {
    log("ERROR", (error as Error).message);
    throw error;
  }
}

function configOf({ configPath, overrides }: Options): ContainerConfig {
  step("lxc-start.read-config", { path: configPath });
  return readConfig(configPath, overrides);
}

traceProgram("lxc-start");
let code = OWN_FAILURE;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  writeSync(STDERR, `lxc-start: ${(error as Error).message}\n`);
}
endTracing();
process.exit(code);
