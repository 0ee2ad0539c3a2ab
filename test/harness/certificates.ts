/** Certificates for a test's TLS, made by openssl. */
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes an authority, a server for 127.0.0.1 and a client that it knows, and somebody that it doesn't:
 *
 *     ca.pem    server.pem  server-key.pem    cert.pem  key.pem    stranger.pem  stranger-key.pem
 */
export function makeCertificates(dir: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const selfSigned = (name: string) =>
    openssl(
      "req",
      "-x509",
      ...key,
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}-key.pem`,
      "-out",
      `${name}.pem`,
    );
  selfSigned("ca");
  selfSigned("stranger");
  writeFileSync(join(dir, "names"), "subjectAltName=IP:127.0.0.1");
  for (const [name, out] of [
    ["server", "server"],
    ["client", "cert"],
  ]) {
    const keyFile = name === "client" ? "key.pem" : "server-key.pem";
    openssl("req", "-new", ...key, "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", "request");
    const signed = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2", "-extfile", "names"];
    openssl("x509", "-req", "-in", "request", ...signed, "-out", `${out}.pem`);
  }
  if (!existsSync(join(dir, "cert.pem"))) throw new Error("openssl has made no certificate");
}
