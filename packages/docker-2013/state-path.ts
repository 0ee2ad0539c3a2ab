/** Where the daemon's state may lie: its path becomes part of mount options and of config.lxc, neither of which can quote. */

/** What is wrong with `path` as the daemon's directory, if anything. */
export function statePathProblem(path: string): string | undefined {
  return /[\s:,\\]/.test(path) ? "a path with space, colon, comma or backslash can't be mounted" : undefined;
}
