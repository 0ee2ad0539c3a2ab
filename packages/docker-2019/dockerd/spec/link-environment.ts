/**
 * What a container is told of one that it is linked to: where its exposed ports are, and the other's environment.
 *
 *     DB_NAME=/app/db                          DB_PORT=tcp://172.17.0.2:5432        the lowest port
 *     DB_PORT_5432_TCP=tcp://172.17.0.2:5432   DB_PORT_5432_TCP_ADDR=172.17.0.2     …_PORT=5432   …_PROTO=tcp
 *     DB_ENV_LANG=C
 *
 * Three consecutive ports and more have a start and an end besides.
 *
 * @see https://docs.docker.com/network/links/#environment-variables
 */
export interface LinkedContainer {
  readonly alias: string;
  /** `/app/db` */
  readonly name: string;
  readonly address: string;
  /** `80/tcp` */
  readonly exposed: readonly string[];
  readonly env: readonly string[];
}

interface Port {
  readonly number: number;
  readonly protocol: string;
}

/** Shorter ones are told port by port alone. */
const RUN_LENGTH = 3;
/** Those are everybody's own. */
const NOT_TOLD = ["HOME", "PATH"];

/** In the order of the original. */
export function linkEnvironment({ alias, name, address, exposed, env }: LinkedContainer): string[] {
  const prefix = alias.toUpperCase().replaceAll("-", "_");
  const ports = exposed
    .map(parsePort)
    .sort((one, other) => one.number - other.number || (one.protocol === "tcp" ? -1 : 1));
  const url = ({ number, protocol }: Port) => `${protocol}://${address}:${number}`;
  const variables = [
    ...ports.slice(0, 1).map((port) => `${prefix}_PORT=${url(port)}`),
    ...runsOf(ports).flatMap((run) => runVariables(prefix, run, address)),
    ...ports.flatMap((port) => [
      `${nameOf(prefix, port)}=${url(port)}`,
      ...portVariables(nameOf(prefix, port), port, address),
    ]),
    `${prefix}_NAME=${name}`,
    ...env
      .filter((variable) => variable.includes("=") && !NOT_TOLD.includes(variable.split("=", 1)[0]!))
      .map((variable) => `${prefix}_ENV_${variable}`),
  ];
  return [...new Set(variables)];
}

function parsePort(text: string): Port {
  const [number, protocol = "tcp"] = text.split("/");
  return { number: Number(number), protocol };
}

function nameOf(prefix: string, { number, protocol }: Port): string {
  return `${prefix}_PORT_${number}_${protocol.toUpperCase()}`;
}

function portVariables(name: string, { number, protocol }: Port, address: string): string[] {
  return [`${name}_ADDR=${address}`, `${name}_PORT=${number}`, `${name}_PROTO=${protocol}`];
}

function runVariables(prefix: string, run: readonly Port[], address: string): string[] {
  const [first, last] = [run[0]!, run.at(-1)!];
  const name = nameOf(prefix, first);
  return [
    `${name}_START=${first.protocol}://${address}:${first.number}`,
    `${name}_ADDR=${address}`,
    `${name}_PROTO=${first.protocol}`,
    `${name}_PORT_START=${first.number}`,
    `${name}_END=${last.protocol}://${address}:${last.number}`,
    `${name}_PORT_END=${last.number}`,
  ];
}

/** Ports that follow each other, of those that are sorted. */
function runsOf(ports: readonly Port[]): Port[][] {
  const runs: Port[][] = [];
  for (const port of ports) {
    const current = runs.at(-1);
    if (current && port.number <= current.at(-1)!.number + 1) current.push(port);
    else runs.push([port]);
  }
  return runs.filter((run) => run.length >= RUN_LENGTH);
}
