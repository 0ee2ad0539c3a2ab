/**
 * Sockets that somebody else has opened, and listens at already: systemd starts dockerd when the first client comes, and hands them over.
 *
 *     LISTEN_PID=<ours>  LISTEN_FDS=2     descriptors 3 and 4
 *
 * @see https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** SD_LISTEN_FDS_START */
const FIRST = 3;
const NAMES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];
const FD = /^fd:\/\/(?<fd>\d*|\*)$/;

/** Descriptors that were handed to this process. They are taken once: what we start is told of none. */
export function takeActivatedSockets(env: NodeJS.ProcessEnv, pid: number): number[] {
  const { LISTEN_PID, LISTEN_FDS } = env;
  for (const name of NAMES) delete env[name];
  if (Number(LISTEN_PID) !== pid) return [];
  return Array.from({ length: Number(LISTEN_FDS) || 0 }, (_, index) => FIRST + index);
}

/**
 * Those that a host means.
 *
 * @param host - `fd://` and `fd://*`: all; `fd://3`: one.
 * @throws {InvalidArgument} When it is no such host, or nothing of the kind was handed over.
 */
export function activatedSockets(host: string, handed: readonly number[]): number[] {
  const { fd } = FD.exec(host)?.groups ?? {};
  if (fd === undefined) throw new InvalidArgument(`Invalid bind address format: ${host}: fd:// or fd://3 would do`);
  const wanted = fd === "" || fd === "*" ? handed : handed.filter((number) => number === Number(fd));
  if (wanted.length > 0) return [...wanted];
  const advice = "make sure the service was started by systemd, whose docker.socket hands them over";
  throw new InvalidArgument(`Cannot listen on ${host}: no sockets found via socket activation: ${advice}`);
}
