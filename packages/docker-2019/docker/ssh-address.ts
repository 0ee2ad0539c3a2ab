/**
 * A daemon on another machine, by ssh: the docker there carries bytes between the daemon and its own standard streams.
 *
 *     ssh://me@far:2222      ssh -l me -p 2222 -- far docker system dial-stdio
 *
 * @see https://github.com/docker/cli/blob/v19.03.0/cli/connhelper/ssh/ssh.go
 */

const REMOTE_COMMAND = ["docker", "system", "dial-stdio"];

/** @returns The command whose standard streams are a connection to the daemon. @throws {Error} In the original's words. */
export function sshCommand(address: string): string[] {
  const { username, password, hostname, port, pathname, search, hash } = parseAddress(address);
  if (password !== "") throw invalid("plain-text password is not supported");
  if (hostname === "") throw invalid("no host specified");
  if (pathname !== "") throw invalid(`extra path after the host: ${JSON.stringify(pathname)}`);
  if (search.length > 1) throw invalid(`extra query after the host: ${JSON.stringify(search.slice(1))}`);
  if (hash.length > 1) throw invalid(`extra fragment after the host: ${JSON.stringify(hash.slice(1))}`);
  const login = username === "" ? [] : ["-l", decodeURIComponent(username)];
  return [
    "ssh",
    ...login,
    ...(port === "" ? [] : ["-p", port]),
    "--",
    hostname.replace(/^\[(.*)\]$/, "$1"),
    ...REMOTE_COMMAND,
  ];
}

/** A URL can't be without a host before a user's name or a port: that is none, too. @throws {Error} */
function parseAddress(address: string): URL {
  try {
    return new URL(/^ssh:\/\/([^/]*@)?(:|$)/.test(address) ? "ssh:///" : address);
  } catch (cause) {
    throw new Error(`parse ${JSON.stringify(address)}: invalid address of a host`, { cause });
  }
}

function invalid(why: string): Error {
  return new Error(`ssh host connection is not valid: ${why}`);
}
