/**
 * The environment of the container's program: what config.json says, word for word, and HOME if it doesn't.
 *
 * Nothing of runc's own environment gets into the container but the sockets that a service manager passes on (`LISTEN_FDS`).
 */

/** Variables by name, in the order of their first mention. */
export type ProcessEnvironment = Readonly<Record<string, string>>;

/**
 * Reads `process.env`. Of a name that is given twice, the last value counts.
 *
 * @param env - `NAME=value` each.
 * @throws {Error} When one has no "=", no name, or a null character.
 */
export function parseEnvironment(env: readonly string[]): ProcessEnvironment {
  return Object.fromEntries(env.map(parseVariable));
}

function parseVariable(variable: string): [name: string, value: string] {
  const quoted = JSON.stringify(variable);
  const equals = variable.indexOf("=");
  if (equals === -1) throw new Error(`invalid environment variable: ${quoted}`);
  if (equals === 0) throw new Error(`environment variable name can't be empty: ${quoted}`);
  const [name, value] = [variable.slice(0, equals), variable.slice(equals + 1)];
  if (name.includes("\0")) throw new Error(`environment variable name can't contain null(\\x00): ${quoted}`);
  if (value.includes("\0")) throw new Error(`environment variable value can't contain null(\\x00): ${quoted}`);
  return [name, value];
}

/** Adds the user's home directory, unless the configuration names one that isn't empty. */
export function withHome(environment: ProcessEnvironment, home: string): ProcessEnvironment {
  return environment.HOME ? environment : { ...environment, HOME: home };
}

/** The environment that runc was started with: without what its launcher and the trace have added. */
export function callersEnvironment(environment: NodeJS.ProcessEnv): ProcessEnvironment {
  const variables = Object.entries(environment).filter(([name]) => !name.startsWith(OWN_PREFIX));
  return Object.fromEntries(variables.map(([name, value = ""]) => [name, value]));
}

const OWN_PREFIX = "ERAS_";

/**
 * How many sockets a service manager passed to this process, from descriptor 3 on, to be passed on to the container.
 *
 * @param pid - Ours: variables that are meant for another process are none of our business.
 * @see https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html
 */
export function inheritedListenFds(environment: NodeJS.ProcessEnv, pid: number): number {
  const count = Number(environment.LISTEN_FDS);
  return Number(environment.LISTEN_PID) === pid && Number.isInteger(count) && count > 0 ? count : 0;
}

/** What tells the container's first process of `count` passed sockets: in its PID namespace it is process 1. */
export function listenFdsVariables(count: number): string[] {
  return count === 0 ? [] : [`LISTEN_FDS=${count}`, "LISTEN_PID=1"];
}
