import type { Info } from "../../../engine-api/system.ts";
import { flag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { printFormatted } from "../../output/formatted.ts";
import { print, printError } from "../../output/print.ts";
import { binarySize } from "../../output/size.ts";
import type { Session } from "../../session.ts";

interface Flags {
  readonly format?: string;
}

export const info = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [flag("-f, --format <string>", "Format the output using the given Go template")],
  async run({ docker, flags }) {
    const { server, failure } = await askServer(docker);
    if (flags.format !== undefined) {
      const found = { ...(server ?? { ServerErrors: [failure!.message] }), ClientInfo: CLIENT };
      return printFormatted(found, flags.format, { type: "system.info" });
    }
    print("Client:\n Context:    default\n Debug Mode: false\n\nServer:");
    if (!server) {
      print(`ERROR: ${failure!.message}`);
      throw new Error("errors pretty printing info", { cause: failure });
    }
    for (const line of [...counts(server), ...plugins(server), ...host(server), ...registries(server)])
      print(` ${line}`);
    print("");
    for (const warning of server.Warnings ?? []) printError(warning);
  },
});

const CLIENT = { Debug: false, Context: "default", Plugins: [], Warnings: null };

/** Without a daemon, what is known of the client is an answer, too. */
async function askServer({ api }: Session): Promise<{ readonly server?: Info; readonly failure?: Error }> {
  try {
    return { server: await api.get<Info>("/info") };
  } catch (error) {
    return { failure: error as Error };
  }
}

function counts(found: Info): string[] {
  return [
    `Containers: ${found.Containers}`,
    ` Running: ${found.ContainersRunning}`,
    ` Paused: ${found.ContainersPaused}`,
    ` Stopped: ${found.ContainersStopped}`,
    `Images: ${found.Images}`,
    `Server Version: ${found.ServerVersion}`,
    `Storage Driver: ${found.Driver}`,
    ...(found.DriverStatus ?? []).map(([name, value]) => ` ${name}: ${value}`),
    `Logging Driver: ${found.LoggingDriver}`,
    `Cgroup Driver: ${found.CgroupDriver}`,
    ...(found.CgroupVersion === undefined ? [] : [`Cgroup Version: ${found.CgroupVersion}`]),
  ];
}

function plugins({ Plugins, Swarm, Runtimes, DefaultRuntime, InitBinary, ...rest }: Info): string[] {
  return [
    "Plugins:",
    ` Volume: ${(Plugins.Volume ?? []).join(" ")}`,
    ` Network: ${(Plugins.Network ?? []).join(" ")}`,
    ...(Plugins.Authorization?.length ? [` Authorization: ${Plugins.Authorization.join(" ")}`] : []),
    ` Log: ${(Plugins.Log ?? []).join(" ")}`,
    `Swarm: ${Swarm.LocalNodeState}`,
    `Runtimes: ${Object.keys(Runtimes ?? {}).join(" ")}`,
    `Default Runtime: ${DefaultRuntime}`,
    `Init Binary: ${InitBinary}`,
    `containerd version: ${rest.ContainerdCommit.ID}`,
    `runc version: ${rest.RuncCommit.ID}`,
    `init version: ${rest.InitCommit.ID}`,
    ...securityLines(rest.SecurityOptions ?? []),
  ];
}

/** `name=seccomp,profile=default` is a line, and one below it. */
function securityLines(options: readonly string[]): string[] {
  if (options.length === 0) return [];
  const lines = options.flatMap((option) =>
    option.split(",").map((pair) => {
      const [key = "", value = ""] = pair.split("=", 2);
      return key === "name" ? ` ${value}` : `  ${key[0]!.toUpperCase()}${key.slice(1)}: ${value}`;
    }),
  );
  return ["Security Options:", ...lines];
}

function host(found: Info): string[] {
  return [
    `Kernel Version: ${found.KernelVersion}`,
    `Operating System: ${found.OperatingSystem}`,
    `OSType: ${found.OSType}`,
    `Architecture: ${found.Architecture}`,
    `CPUs: ${found.NCPU}`,
    `Total Memory: ${binarySize(found.MemTotal)}`,
    `Name: ${found.Name}`,
    `ID: ${found.ID}`,
    `Docker Root Dir: ${found.DockerRootDir}`,
    `Debug Mode: ${found.Debug}`,
    `Registry: ${found.IndexServerAddress}`,
    "Labels:",
    ...(found.Labels ?? []).map((label) => ` ${label}`),
    `Experimental: ${found.ExperimentalBuild}`,
  ];
}

function registries({ RegistryConfig, LiveRestoreEnabled }: Info): string[] {
  const insecure = Object.values(RegistryConfig?.IndexConfigs ?? {}).filter(({ Secure }) => !Secure);
  const networks = RegistryConfig?.InsecureRegistryCIDRs ?? [];
  const mirrors = RegistryConfig?.Mirrors ?? [];
  return [
    "Insecure Registries:",
    ...insecure.map(({ Name }) => ` ${Name}`),
    ...networks.map((network) => ` ${network}`),
    ...(mirrors.length > 0 ? ["Registry Mirrors:", ...mirrors.map((mirror) => ` ${mirror}`)] : []),
    `Live Restore Enabled: ${LiveRestoreEnabled}`,
  ];
}
