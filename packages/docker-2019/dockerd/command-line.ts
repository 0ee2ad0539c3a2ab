/** dockerd's command line: flags of the original's names. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { Command, Option } from "commander";
import { type OptionRow, ROWS, type SomeOptions } from "./options/table.ts";
import { DEFAULT_CONFIG_FILE } from "./paths.ts";

export interface CommandLine {
  /** What was said, and nothing else. */
  readonly given: SomeOptions;
  /** Undefined: the default one, if it is there. */
  readonly configFile: string | undefined;
}

/** @throws {CommanderError} For a wrong command line, and after help was printed; {InvalidArgument} for a value that makes no sense. */
export function parseCommandLine(words: readonly string[], version: string): CommandLine {
  const program = new Command("dockerd")
    .description("A self-sufficient runtime for containers.")
    .version(version, "-v, --version", "print version information and quit")
    .option("--config-file <path>", `daemon configuration file (default ${DEFAULT_CONFIG_FILE})`)
    .allowExcessArguments(false)
    .exitOverride();
  const options = ROWS.flatMap(([name, { flags, ...row }]) =>
    flags === undefined ? [] : [{ name, option: optionOf({ flags, ...row }) }],
  );
  for (const { option } of options) program.addOption(option);
  program.parse(words.map(withoutEquals), { from: "user" });
  const values = program.opts<Record<string, unknown> & { configFile?: string }>();
  const given = options.flatMap(({ name, option }) => {
    const value = values[option.attributeName()];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { given: Object.fromEntries(given), configFile: values.configFile };
}

/** `-H=unix:///x` is `-Hunix:///x`, as Go's pflag has it. */
function withoutEquals(word: string): string {
  return word.replace(/^(-[A-Za-z])=/, "$1");
}

/** Without a default: what is not said is the file's to say. A flag that is there or not takes `=false`. */
function optionOf({ flags, kind, standard, about }: OptionRow<unknown> & { readonly flags: string }): Option {
  const isBoolean = kind.placeholder === undefined;
  const option = new Option(
    `${flags} ${isBoolean ? "[bool]" : kind.placeholder}`,
    described(about, kind.show(standard)),
  );
  option.negate = false; // commander would have --no-new-privileges deny --new-privileges
  return option.argParser((text: string, before: unknown) => {
    try {
      return kind.fromFlag(text, before ?? standard);
    } catch (cause) {
      const message = `invalid argument ${JSON.stringify(text)} for "${flags}" flag: ${(cause as Error).message}`;
      throw new InvalidArgument(message, { cause });
    }
  });
}

function described(about: string, standard: string): string {
  const isSaid = ["", "false", "0", "[]", "map[]"].includes(standard) || about.includes("(default");
  return isSaid ? about : `${about} (default ${standard})`;
}
