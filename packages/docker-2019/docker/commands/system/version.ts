import { API_VERSION } from "../../../engine-api/api-version.ts";
import type { Version, VersionComponent } from "../../../engine-api/system.ts";
import { ConnectionError } from "../../api-client.ts";
import { flag, leaf, NO_ARGUMENTS, refusedFlag } from "../../command.ts";
import { printFormatted } from "../../output/formatted.ts";
import { STDOUT, write } from "../../output/print.ts";
import type { Session } from "../../session.ts";
import { REVISION, VERSION } from "../../version.ts";

interface Flags {
  readonly format?: string;
}

interface ClientVersion {
  readonly Platform: { readonly Name: string };
  readonly Version: string;
  /** What is spoken with the daemon, and what would be with one that knows more. */
  readonly ApiVersion: string;
  readonly DefaultAPIVersion: string;
  readonly GitCommit: string;
  /** Node's. */
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  /** Empty: sources run as they are. */
  readonly BuildTime: string;
  readonly Context: string;
  readonly Experimental: boolean;
}

/** As Go calls them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

export const version = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    flag("-f, --format <string>", "Format the output using the given Go template"),
    refusedFlag("--kubeconfig <string>", "there is no Kubernetes to ask"),
  ],
  async run({ docker, flags }) {
    const { server, failure } = await askServer(docker);
    const client = clientVersion(server ? await docker.api.version() : API_VERSION);
    const found = { Client: withGoName(client), Server: server ? withGoName(withReadableTime(server)) : null };
    if (flags.format !== undefined)
      await printFormatted(found, flags.format, { name: "version", type: "system.versionInfo" });
    else write(STDOUT, clientText(client) + (server ? `\n${serverText(server)}` : ""));
    if (failure) throw failure;
  },
});

function clientVersion(spoken: string): ClientVersion {
  return {
    Platform: { Name: "docker-eras" },
    Version: VERSION,
    ApiVersion: spoken,
    DefaultAPIVersion: process.env.DOCKER_API_VERSION || API_VERSION,
    GitCommit: REVISION,
    GoVersion: `node ${process.version}`,
    Os: process.platform,
    Arch: ARCHITECTURES[process.arch] ?? process.arch,
    BuildTime: "",
    Context: "default",
    Experimental: false,
  };
}

/** Without a daemon, half the answer is one, too. */
async function askServer({ api }: Session): Promise<{ readonly server?: Version; readonly failure?: Error }> {
  try {
    return { server: await api.get<Version>("/version") };
  } catch (error) {
    if (error instanceof ConnectionError) return { failure: error };
    throw error;
  }
}

/** `ApiVersion` of the JSON is `APIVersion` to a template, as Go's structure has it. */
function withGoName<Version extends { readonly ApiVersion: string }>(version: Version): Version {
  return Object.defineProperty({ ...version }, "APIVersion", { value: version.ApiVersion }); // not to be seen in JSON
}

type Field = readonly [name: string, value: string | undefined];

/** Names end with a colon, values begin in one column. */
function lines(indent: string, fields: readonly Field[]): string {
  const width = 20 - indent.length;
  return fields.map(([name, value = ""]) => `${indent}${`${name}:`.padEnd(width)}${value}\n`).join("");
}

function clientText(client: ClientVersion): string {
  const { ApiVersion, DefaultAPIVersion } = client;
  const fields: Field[] = [
    ["Version", client.Version],
    [
      "API version",
      ApiVersion === DefaultAPIVersion ? ApiVersion : `${ApiVersion} (downgraded from ${DefaultAPIVersion})`,
    ],
    ["Go version", client.GoVersion],
    ["Git commit", client.GitCommit],
    ["Built", client.BuildTime],
    ["OS/Arch", `${client.Os}/${client.Arch}`],
    ["Context", client.Context],
    ["Experimental", `${client.Experimental}`],
  ];
  return `Client: ${client.Platform.Name}\n${lines(" ", fields)}`;
}

function serverText(server: Version): string {
  const platform = server.Platform?.Name;
  const texts = withReadableTime(server).Components.map(({ Name, Version: version, Details }) => {
    const details = Details ?? {};
    const fields = Name === "Engine" ? engineFields(details) : Object.entries(details);
    return ` ${Name}:\n${lines("  ", [["Version", version], ...fields])}`;
  });
  return `Server:${platform ? ` ${platform}` : ""}\n${texts.join("")}`;
}

/** With the components that it has, or would have if it weren't older than these. */
function withReadableTime(server: Version): Version & { readonly Components: readonly VersionComponent[] } {
  const components = server.Components ?? [{ Name: "Engine", Version: server.Version, Details: engineDetails(server) }];
  const Components = components.map((component) => {
    const { BuildTime } = component.Details ?? {};
    if (component.Name !== "Engine" || BuildTime === undefined) return component;
    return { ...component, Details: { ...component.Details, BuildTime: buildTime(BuildTime) } };
  });
  return { ...server, Components };
}

/** Of a daemon older than components. */
function engineDetails(server: Version): Record<string, string> {
  const { ApiVersion, MinAPIVersion = "", GoVersion, GitCommit, BuildTime = "", Os, Arch, Experimental } = server;
  return {
    ApiVersion,
    MinAPIVersion,
    GoVersion,
    GitCommit,
    BuildTime,
    Os,
    Arch,
    Experimental: `${Experimental ?? false}`,
  };
}

function engineFields(details: Readonly<Record<string, string>>): Field[] {
  return [
    ["API version", `${details.ApiVersion} (minimum version ${details.MinAPIVersion})`],
    ["Go version", details.GoVersion],
    ["Git commit", details.GitCommit],
    ["Built", details.BuildTime],
    ["OS/Arch", `${details.Os}/${details.Arch}`],
    ["Experimental", details.Experimental],
  ];
}

/** `Thu May  7 21:09:36 2026`, as C's asctime(3) has it. */
function buildTime(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  const [weekday, day = "", month, year, clock] = time.toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${day.replace(/^0/, " ")} ${clock} ${year}`;
}
