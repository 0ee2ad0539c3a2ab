/**
 * containerd's command line.
 *
 *     containerd [--root DIR] [--state DIR] [-a SOCKET] [-c FILE] [-l LEVEL]     serves
 *     containerd config default                                                  prints the configuration
 *     containerd config dump                                                     the same, with the file's and the flags' values
 *     containerd -a SOCKET publish --topic TOPIC --namespace NAME < ANY          tells a containerd of an event: shims of 1.2 did
 *     containerd oci-hook -- PROGRAM [ARG…]                                      becomes a program, with a container's own words
 */
import { Command, Option } from "commander";
import type { ConfigFlags } from "./config.ts";
import { DEFAULT_ADDRESS, DEFAULT_ROOT, DEFAULT_STATE } from "./paths.ts";

/** What each command does. */
export interface Actions {
  serve(flags: ConfigFlags): Promise<void>;
  configDefault(): void;
  configDump(flags: ConfigFlags): void;
  publish(flags: PublishFlags): Promise<void>;
  ociHook(args: readonly string[]): Promise<void>;
}

export interface PublishFlags {
  readonly address: string;
  readonly topic: string;
  readonly namespace: string;
}

/** @throws {CommanderError} For a wrong command line, and after help was printed. */
export async function runCommandLine(words: readonly string[], version: string, actions: Actions): Promise<void> {
  const program = new Command("containerd")
    .description("Keeps images, snapshots and containers; starts a shim for each container, which outlives it")
    .version(version, "-v, --version", "print the version")
    .option("-c, --config <file>", "a TOML file with more of this")
    .option("--root <dir>", `what outlives a reboot (${DEFAULT_ROOT})`)
    .option("--state <dir>", `what does not (${DEFAULT_STATE})`)
    .option("-a, --address <socket>", `where clients connect to (${DEFAULT_ADDRESS})`)
    .option("-l, --log-level <level>", "trace, debug, info, warning or error (info)")
    .option("--metrics-address <host:port>", "serve Prometheus text on /v1/metrics there; nowhere without")
    .allowExcessArguments(false)
    .exitOverride();
  program.action(() => actions.serve(program.opts()));
  const config = program.command("config").description("print the configuration as a file");
  config
    .command("default")
    .description("without any flag")
    .action(() => actions.configDefault());
  config
    .command("dump")
    .description("with that of the flags and the file")
    .action(() => actions.configDump(program.opts()));
  addPublish(program, actions);
  program
    .command("oci-hook")
    .description(
      "be a container's hook: run a program with {{pid}}, {{id}}, {{rootfs}} … of the container in its words",
    )
    .argument("<program...>")
    .action((args: string[]) => actions.ociHook(args));
  await program.parseAsync(words, { from: "user" });
}

function addPublish(program: Command, actions: Actions): void {
  program
    .command("publish")
    .description("tell containerd of an event, which comes as an Any on standard input")
    .addOption(new Option("--topic <topic>", "of what kind: /tasks/exit").makeOptionMandatory())
    .addOption(new Option("--namespace <name>", "whose").makeOptionMandatory())
    .action(({ topic, namespace }: { topic: string; namespace: string }) => {
      const { address = DEFAULT_ADDRESS } = program.opts<ConfigFlags>();
      return actions.publish({ address, topic, namespace });
    });
}
