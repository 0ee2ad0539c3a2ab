/** Node's words for a system call that has failed: `ENOENT: no such file or directory, open '/x'`, or of two paths `'/x' -> '/y'`. */
const NODE_WORDS = /^E[A-Z0-9]+: (.*), (\w+) '(.*?)'(?: -> '(.*)')?$/s;

/** What an error says to the user: of system calls as Go's programs say it, `open /x: no such file or directory`. */
export function errorText(error: unknown): string {
  return (error as Error).message.replace(NODE_WORDS, (_, reason, call, path, other = "") =>
    [call, path, other].filter(Boolean).join(" ").concat(`: ${reason}`),
  );
}
