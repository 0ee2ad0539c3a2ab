/**
 * Challenges: how a server says with a 401 what it wants to see.
 *
 *     WWW-Authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull"
 *     WWW-Authenticate: Basic realm="Registry"
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.3
 */

export interface Challenge {
  /** `bearer`, `basic`: in small letters. */
  readonly scheme: string;
  /** By their names in small letters. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** `name=token` or `name="quoted"` */
const PARAMETER = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|(?=\s)|$)/;
const SCHEME = /^[\s,]*([\w!#$%&'*+.^`|~-]+)(?:\s+|$)/;

/** All challenges of the header, in its order. What makes no sense ends the list. */
export function parseChallenges(header: string | undefined): readonly Challenge[] {
  const challenges: Challenge[] = [];
  let rest = header ?? "";
  for (let match = SCHEME.exec(rest); match !== null; match = SCHEME.exec(rest)) {
    rest = rest.slice(match[0].length);
    const parameters = new Map<string, string>();
    for (let found = PARAMETER.exec(rest); found !== null; found = PARAMETER.exec(rest)) {
      const [whole, name = "", quoted, token = ""] = found;
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? token);
      rest = rest.slice(whole.length);
    }
    challenges.push({ scheme: match[1]!.toLowerCase(), parameters });
  }
  return challenges;
}
