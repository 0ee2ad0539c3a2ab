/** What somebody used to a later Docker wants to know about `run`: in January 2013 it did not attach unless told to. */

/** What the answer to a detached `run` is: a container's id of 8 digits, and a newline. */
const ID_LINE_BYTES = 9;

/** After a `run IMAGE COMMAND` without -a that printed an id, says on stderr where the output went. */
export function detachedRunHint(args: readonly string[], receivedBytes: number): void {
  if (receivedBytes !== ID_LINE_BYTES || !isDetachedRun(args)) return;
  process.stderr.write(
    `docker: runs in the background; "docker logs ID" shows its output, "docker run -a …" attaches to it\n`,
  );
}

/** Whether the daemon reads these arguments as a `run` with a command and without -a. */
export function isDetachedRun([command, ...rest]: readonly string[]): boolean {
  if (command?.toLowerCase() !== "run") return false;
  let words = rest;
  for (; words[0]?.startsWith("-"); words = words.slice(/^--?c$/.test(words[0]) ? 2 : 1)) {
    if (/^--?a(=|$)/.test(words[0])) return false;
  }
  return words.length > 1;
}
