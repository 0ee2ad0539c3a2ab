import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { GENUINE, missing, OURS, type Runtime, runtime, start } from "../testsuite/on-bundle.ts";
import { type CriuRecorder, type Fields, REQUEST, type RecordedRequest, recordCriu } from "../testsuite/record-criu.ts";

/** Descriptors have any numbers, and ours names a configuration file only if there is one. */
const INCOMPARABLE = { images_dir_fd: 1, work_dir_fd: 17, config_file: 51 };

/** A running container of a program, and a recorder that it takes for criu. */
interface Saved extends Runtime {
  readonly criu: CriuRecorder;
  readonly pid: number;
}

function saved(program: string): Saved {
  const container = runtime(program);
  start(container);
  mkdirSync(join(container.bundle, "memory"));
  const { pid } = JSON.parse(container.call("state", container.id).stdout);
  return { ...container, criu: recordCriu(container.bundle), pid };
}

/** What a checkpoint asks for. The last answer is that it failed, so that the container goes on. */
function requestsOf(container: Saved, flags: string): RecordedRequest[] {
  const { program, bundle, root, id, criu } = container;
  const status = openSync(join(bundle, "status"), "w");
  const args = ["--criu", criu.path, "--root", root, "checkpoint", "--image-path", join(bundle, "images")];
  const words = flags.split(" ").filter(Boolean);
  spawnSync(program, [...args, ...words, id], { stdio: ["ignore", "ignore", "ignore", status] });
  closeSync(status);
  return criu.requests().map(({ type, features, options }) => {
    return { type, features, options: type === REQUEST.FEATURE_CHECK ? {} : comparable(options, container) };
  });
}

function comparable(options: Fields, { bundle, id, pid }: Saved): Fields {
  const fields = Object.entries(options).filter(([field]) => !Object.values(INCOMPARABLE).includes(Number(field)));
  const general = (value: string) => (value === String(pid) ? "PID" : value.replace(bundle, "/").replace(id, "ID"));
  return Object.fromEntries(fields.map(([field, values]) => [field, values.map(general)]));
}

describe.skipIf(missing)(`a checkpoint${missing ? ` (needs ${missing})` : ""}`, () => {
  const { VERSION, FEATURE_CHECK, DUMP, PRE_DUMP } = REQUEST;
  const ALL = "--tcp-established --ext-unix-sk --shell-job --file-locks --auto-dedup --manage-cgroups-mode full";
  const CASES: readonly (readonly [flags: string, types: readonly number[]])[] = [
    ["", [VERSION, DUMP]],
    ["--pre-dump", [VERSION, FEATURE_CHECK, PRE_DUMP]],
    [`${ALL} --status-fd 3 --parent-path ../memory`, [VERSION, DUMP]],
    ["--lazy-pages --page-server 127.0.0.1:7 --status-fd 3", [VERSION, FEATURE_CHECK, DUMP]],
  ];

  test("asks criu for what genuine runc's asks it for", () => {
    const [ours, theirs] = [OURS, GENUINE].map(saved);
    for (const [flags, types] of CASES) {
      const [asked, expected] = [requestsOf(ours!, flags), requestsOf(theirs!, flags)];
      expect(asked, flags).toEqual(expected);
      expect(asked.map(({ type }) => type)).toEqual(types);
    }
  });
});
