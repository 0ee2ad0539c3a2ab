/** Environments: lists of `NAME=value`, of which a later one overrides an earlier. */

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const TERMINAL_TYPE = "TERM=xterm";

/** What a container's processes start with. HOME is not here: the runtime looks it up. */
export function environment(
  { Hostname = "", Tty, Env }: { Hostname?: string; Tty?: boolean; Env?: readonly string[] | null },
  linkEnv: readonly string[],
): string[] {
  const own = [DEFAULT_PATH, `HOSTNAME=${Hostname}`, ...(Tty ? [TERMINAL_TYPE] : []), ...linkEnv];
  return overrideEnv(own, Env ?? []);
}

/**
 * The variables of `before`, with those of `after` in the place of what they override, or behind. `NAME` alone takes one of `before` away.
 * What occurs twice in `after` alone stays twice.
 */
export function overrideEnv(before: readonly string[], after: readonly string[]): string[] {
  const replaced: (string | undefined)[] = [...before];
  const positions = new Map(before.map((one, index) => [nameOf(one), index]));
  for (const one of after) {
    const position = positions.get(nameOf(one));
    if (position !== undefined) replaced[position] = one.includes("=") ? one : undefined;
    else if (one.includes("=")) replaced.push(one);
  }
  return replaced.filter((one) => one !== undefined);
}

function nameOf(variable: string): string {
  return variable.split("=", 1)[0]!;
}
