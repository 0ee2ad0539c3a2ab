/**
 * Changes to a config, in the words of a Dockerfile: `docker commit -c 'ENV A=b' -c 'CMD ["sh"]'`, and the same of `docker import`.
 *
 *     CMD ["sh", "-c", "x"]       as it stands         CMD x y         ["/bin/sh", "-c", "x y"]
 *     ENV A=b "C=d e"   ENV A b   names and values     LABEL a=b
 *     EXPOSE 80 53/udp            ports                VOLUME ["/data"]   VOLUME /a /b
 *     USER   WORKDIR   ENTRYPOINT   ONBUILD   HEALTHCHECK
 *
 * Where a value may have `$NAME` or `${NAME}`, it is the environment's so far.
 *
 * @see https://docs.docker.com/engine/reference/builder/
 * @see https://github.com/moby/moby/blob/v19.03.0/builder/dockerfile/builder.go
 */
import { posix } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { parseDuration } from "../../duration.ts";
import type { ContainerConfig, HealthConfig } from "../../engine-api/container-config.ts";

const SHELL = ["/bin/sh", "-c"];
const NS_PER_MS = 1e6;

type Change = (config: ContainerConfig, rest: string) => ContainerConfig;

const CHANGES: Readonly<Record<string, Change>> = {
  cmd: (config, rest) => ({ ...config, Cmd: command(config, rest) }),
  entrypoint: (config, rest) => ({ ...config, Entrypoint: rest === "" ? null : command(config, rest) }),
  env: (config, rest) => ({ ...config, Env: pairs("ENV", rest, config).reduce(withVariable, config.Env ?? []) }),
  expose: (config, rest) => ({
    ...config,
    ExposedPorts: { ...config.ExposedPorts, ...keys(words(rest, config).map(port)) },
  }),
  healthcheck: (config, rest) => ({ ...config, Healthcheck: healthcheck(rest) }),
  label: (config, rest) => ({
    ...config,
    Labels: { ...config.Labels, ...Object.fromEntries(pairs("LABEL", rest, config)) },
  }),
  onbuild: (config, rest) => ({ ...config, OnBuild: [...(config.OnBuild ?? []), rest] }),
  user: (config, rest) => ({ ...config, User: unquoted(rest, config) }),
  volume: (config, rest) => ({ ...config, Volumes: { ...config.Volumes, ...keys(json(rest) ?? words(rest, config)) } }),
  workdir: (config, rest) => ({
    ...config,
    WorkingDir: posix.resolve(config.WorkingDir || "/", unquoted(rest, config)),
  }),
};

/** No entrypoint takes back the image's; no command is a shell's without one, as the original has it. */
const MAY_BE_EMPTY = ["cmd", "entrypoint"];

/**
 * Applies changes to a config, one after the other.
 *
 * @throws {InvalidArgument} `run is not a valid change command`, or what else is wrong.
 */
export function changeConfig(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  const lines = changes.flatMap((text) => text.replace(/\\[ \t]*\n/g, "").split("\n")).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).reduce(changed, config);
}

function changed(config: ContainerConfig, line: string): ContainerConfig {
  const [, word = "", rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
  const name = word.toLowerCase();
  const change = Object.hasOwn(CHANGES, name) ? CHANGES[name] : undefined;
  if (change === undefined) throw new InvalidArgument(`${name} is not a valid change command`);
  if (rest === "" && !MAY_BE_EMPTY.includes(name)) {
    const count = ["user", "workdir"].includes(name) ? "exactly" : "at least";
    throw new InvalidArgument(`${name.toUpperCase()} requires ${count} one argument`);
  }
  return change(config, rest);
}

/** What a program is: a list, or a line for the shell. */
function command({ Shell }: ContainerConfig, rest: string): readonly string[] {
  const listed = json(rest);
  if (listed !== undefined) return listed;
  return [...(Shell ?? SHELL), ...(rest === "" ? [] : [rest])];
}

/** A list of texts in JSON; undefined for anything else, which is then taken as words. */
function json(text: string): string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every((part) => typeof part === "string") ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** A later one takes the place of an earlier one of the same name. */
function withVariable(env: readonly string[], [name, value]: readonly [string, string]): string[] {
  const text = `${name}=${value}`;
  const isSame = (other: string) => other === name || other.startsWith(`${name}=`);
  return env.some(isSame) ? env.map((other) => (isSame(other) ? text : other)) : [...env, text];
}

/** `NAME=value …`, or the old `NAME value`, where the value is all the rest. */
function pairs(instruction: string, rest: string, config: ContainerConfig): [name: string, value: string][] {
  if (!split(rest)[0]!.includes("=")) {
    const [, name, value] = /^(\S+)\s+([\s\S]+)$/.exec(rest) ?? [];
    if (name === undefined || value === undefined) throw new InvalidArgument(`${instruction} must have two arguments`);
    return [[unquoted(name, config), unquoted(value, config)]];
  }
  return split(rest).map((word) => {
    const equals = word.indexOf("=");
    if (equals === -1)
      throw new InvalidArgument(`Syntax error - can't find = in "${word}". Must be of the form: name=value`);
    if (equals === 0) throw new InvalidArgument(`${instruction} names can not be blank`);
    return [unquoted(word.slice(0, equals), config), unquoted(word.slice(equals + 1), config)];
  });
}

function words(rest: string, config: ContainerConfig): string[] {
  return split(rest).map((word) => unquoted(word, config));
}

/** At blanks that are neither quoted nor escaped. */
function split(text: string): string[] {
  return text.match(/(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"|'[^']*'|[^\s])+/g) ?? [];
}

/** Without quotes and escapes, and with variables. In single quotes all stands for itself. */
function unquoted(text: string, { Env }: ContainerConfig): string {
  const variable = (name: string) =>
    (Env ?? []).find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  const expanded = (part: string) =>
    part.replace(
      /\\([\s\S])|\$(?:\{(\w+)\}|(\w+))/g,
      (_, escaped, braced, plain) => escaped ?? variable(braced ?? plain),
    );
  return text.replace(
    /'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|((?:\\[\s\S]|[^"'\\])+)/g,
    (_, single, double, bare) => single ?? expanded(double ?? bare),
  );
}

/** `80` is `80/tcp`. */
function port(text: string): string {
  const [, number, protocol = "tcp"] = /^(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  if (number === undefined || Number(number) > 65_535) throw new InvalidArgument(`Invalid containerPort: ${text}`);
  return `${number}/${protocol.toLowerCase()}`;
}

function keys(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

/** `NONE`, or `--interval=30s … CMD …`. Durations are nanoseconds. */
function healthcheck(rest: string): HealthConfig {
  const flags = [...rest.matchAll(/--([a-z-]+)=(\S+)\s+/gy)];
  const [, kind = "", test = ""] =
    /^(\S+)\s*([\s\S]*)$/.exec(rest.slice(flags.map(([text]) => text).join("").length)) ?? [];
  if (kind.toUpperCase() === "NONE") return { Test: ["NONE"] };
  if (kind.toUpperCase() !== "CMD")
    throw new InvalidArgument(`Unknown type "${kind.toUpperCase()}" in HEALTHCHECK (try CMD)`);
  if (test === "") throw new InvalidArgument("Missing command after HEALTHCHECK CMD");
  const listed = json(test);
  const flag = (name: string) => flags.find(([, own]) => own === name)?.[2];
  const nanoseconds = (key: keyof HealthConfig, name: string) => {
    const value = parseDuration(flag(name) ?? "0") * NS_PER_MS;
    return value === 0 ? {} : { [key]: value };
  };
  const retries = Number(flag("retries") ?? 0);
  return {
    Test: listed === undefined ? ["CMD-SHELL", test] : ["CMD", ...listed],
    ...nanoseconds("Interval", "interval"),
    ...nanoseconds("Timeout", "timeout"),
    ...nanoseconds("StartPeriod", "start-period"),
    ...(retries > 0 && { Retries: retries }),
  };
}
