/** One dump or restore: what both have in common. */
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { errorText } from "../error-text.ts";
import { type Criu, CriuFailure, type NotificationListener } from "./criu.ts";
import { criuConfigFile } from "./criu-config.ts";
import type { CriuDirectories } from "./criu-flags.ts";
import type { CriuOptions, CriuResponse, RequestType } from "./criu-messages.ts";

/** criu's most talkative level. */
const LOG_LEVEL = 4;

/** What is to be done, and where. */
export interface CriuTask {
  readonly type: Extract<RequestType, "DUMP" | "PRE_DUMP" | "RESTORE">;
  readonly directories: CriuDirectories;
  readonly annotations: Spec["annotations"];
  readonly options: CriuOptions;
}

/** Has criu do it. @throws {Error} One line, which names the log. */
export function runCriu(
  criu: Criu,
  { type, directories, annotations, options }: CriuTask,
  listener: NotificationListener,
): CriuResponse {
  const images = openDirectory(directories.images);
  const work = openDirectory(directories.work);
  const logFile = type === "RESTORE" ? "restore.log" : "dump.log";
  const opts: CriuOptions = {
    ...options,
    images_dir_fd: images,
    work_dir_fd: work,
    log_level: LOG_LEVEL,
    log_file: logFile,
    notify_scripts: true,
    orphan_pts_master: true, // a terminal's master is on this side, with us or a caller
    config_file: criuConfigFile(annotations),
  };
  try {
    return criu.serve(type, { opts }, listener);
  } catch (error) {
    if (!(error instanceof CriuFailure)) throw error;
    const log = join(directories.work, logFile);
    throw new Error(`${error.message}${reasonsIn(log)}, log file: ${log}`, { cause: error });
  } finally {
    closeSync(images);
    closeSync(work);
  }
}

/** The errors of a log, the first of which is often the reason: `(00.123632) Error (criu/files-reg.c:1790): Can't lookup …`. */
function reasonsIn(log: string): string {
  try {
    const lines = readFileSync(log, "utf8").matchAll(/^\S+ +(?:\d+: )?Error \([^)]*\): (.*)$/gm);
    return [...lines].map(([, reason]) => `: ${reason}`).join("");
  } catch {
    return ""; // it had not come to a log
  }
}

function openDirectory(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new Error(`open ${path}: ${errorText(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}
