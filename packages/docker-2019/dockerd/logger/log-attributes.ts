/**
 * What a log has beside each line, for `docker logs --details`: labels and variables of the container that its log options name.
 *
 *     --log-opt labels=a,b    --log-opt labels-regex=^com\.    --log-opt env=LANG    --log-opt env-regex=^APP_
 *
 * @see https://docs.docker.com/config/containers/logging/json-file/
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { sorted } from "../layer/go-json.ts";

export type LogAttributes = Readonly<Record<string, string>>;

/** Whose they may be. */
interface Described {
  readonly Labels?: LogAttributes | null;
  readonly Env?: readonly string[] | null;
}

/** Undefined if there are none. @throws {InvalidArgument} When a pattern is none. */
export function logAttributes(options: LogAttributes, { Labels, Env }: Described): LogAttributes | undefined {
  const variables = (Env ?? []).filter((text) => text.includes("="));
  const env = Object.fromEntries(variables.map((text) => text.split(/=(.*)/s) as [string, string]));
  const found = [
    ...named(Labels ?? {}, options.labels, options["labels-regex"]),
    ...named(env, options.env, options["env-regex"]),
  ];
  return found.length > 0 ? sorted(Object.fromEntries(found)) : undefined;
}

function named(all: LogAttributes, names: string | undefined, pattern: string | undefined): [string, string][] {
  const wanted = new Set(names?.split(","));
  const matching = pattern ? compiled(pattern) : undefined;
  return Object.entries(all).filter(([name]) => wanted.has(name) || matching?.test(name));
}

function compiled(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^.*: /, "").toLowerCase();
    throw new InvalidArgument(`error parsing regexp: ${reason}: \`${pattern}\``, { cause });
  }
}

/** `a=1,b=two%20words`, in the order of the names. */
export function attributesText(attributes: LogAttributes = {}): string {
  const escaped = (text: string) => encodeURIComponent(text).replaceAll("%20", "+");
  return Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join(",");
}
