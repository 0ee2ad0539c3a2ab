/**
 * `era`: starts, inspects and removes the eras of this clone. `pnpm era COMMAND [2013|2019]`, `pnpm era:2013 ARGS…`.
 *
 * A command is loaded when it is asked for: most runs are `era 2013 …`, with everything set up.
 */
/** What each word runs, with the words after it; resolves with the exit code. */
const COMMANDS: Record<string, () => Promise<(words: readonly string[]) => Promise<number>>> = {
  "2019": async () => (await import("./2019/run.ts")).run2019,
  "2013": async () => (await import("./run.ts")).run2013,
  up: async () => (await import("./commands/up.ts")).up,
  down: async () => (await import("./commands/down.ts")).down,
  status: async () => (await import("./commands/status.ts")).status,
  logs: async () => (await import("./commands/logs.ts")).logs,
  clean: async () => (await import("./commands/clean.ts")).clean,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  archive: async () => (await import("./commands/archive.ts")).archive,
  help: async () => (await import("./commands/help.ts")).help,
};

async function main([name = "help", ...words]: readonly string[]): Promise<number> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (name === "--help" || name === "-h") return main(["help"]);
  if (!load) throw new Error(`Cannot run "${name}": no such command; "pnpm era help" lists them`);
  const command = await load();
  return command(words);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`era: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
