/**
 * Certificates of tcp sockets: who calls proves who he is by one that the operator's CA has signed, and so may everything; there are no users.
 *
 * @see https://docs.docker.com/engine/security/protect-access/
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Options } from "../options/table.ts";

/** What node:https takes. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Of whoever signs clients' certificates. */
  readonly ca?: Buffer;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: "TLSv1.2";
}

type TlsOptions = Pick<Options, "tls" | "tlsVerify" | "tlsCaCert" | "tlsCert" | "tlsKey">;

/** Undefined without `--tls` and `--tlsverify`. @throws {InvalidArgument} When a file is missing, or isn't what it should be. */
export function serverTls({ tls, tlsVerify, tlsCaCert, tlsCert, tlsKey }: TlsOptions): ServerTls | undefined {
  if (!tls && !tlsVerify) return undefined;
  const directory = process.env.DOCKER_CERT_PATH ?? join(homedir(), ".docker");
  const certPath = tlsCert || join(directory, "cert.pem");
  const keyPath = tlsKey || join(directory, "key.pem");
  const pair = keyPair(certPath, keyPath);
  const ca = tlsVerify ? { ca: authority(tlsCaCert || join(directory, "ca.pem")) } : {};
  return { ...pair, ...ca, requestCert: tlsVerify, rejectUnauthorized: tlsVerify, minVersion: "TLSv1.2" };
}

function keyPair(certPath: string, keyPath: string): { readonly cert: Buffer; readonly key: Buffer } {
  try {
    const pair = { cert: readFileSync(certPath), key: readFileSync(keyPath) };
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    const message = `Could not load X509 key pair (cert: "${certPath}", key: "${keyPath}"): ${(cause as Error).message}`;
    throw new InvalidArgument(message, { cause });
  }
}

function authority(path: string): Buffer {
  try {
    const ca = readFileSync(path);
    createSecureContext({ ca });
    return ca;
  } catch (cause) {
    throw new InvalidArgument(`could not read CA certificate "${path}": ${(cause as Error).message}`, { cause });
  }
}
