/** `era doctor`: all checks, as a table or as JSON. */
import { openWorld2019 } from "../2019/world.ts";
import { examineHost, hasMissing } from "../doctor/examine.ts";
import { formatChecks } from "../doctor/report.ts";
import { openWorld } from "../world.ts";
import { readOptions } from "./help.ts";

const NEEDS = {
  "2013": async () => (await import("../doctor/needs-2013.ts")).needs2013(openWorld()),
  "2019": async () => (await import("../doctor/needs-2019.ts")).needs2019(openWorld2019()),
};

/** @returns 1 if something that is needed is missing. */
export async function doctor(words: readonly string[]): Promise<number> {
  const options = readOptions("doctor", words, ["json"]);
  if (!options) return 0;
  const checks = await examineHost(NEEDS[options.year]);
  console.log(options.json ? JSON.stringify(checks, undefined, 2) : formatChecks(checks));
  return hasMissing(checks) ? 1 : 0;
}
