/** Requests that make no sense, as bytes on the socket: our dockerd answers what the genuine one answers, status and message. */
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { type EngineAnswer, engineRequest } from "../harness/engine-request.ts";
import { requestText, sendRaw } from "../harness/raw-request.ts";
import { missingForDocker } from "./docker-cli-session.ts";
import { DockerSession } from "./docker-session.ts";

const missing = missingForDocker();
const START_MS = 90_000;
const V = "/v1.40";
const LIST = `GET ${V}/containers/json`;
const CREATE = `POST ${V}/containers/create`;
const json = (value: unknown) => encodeURIComponent(JSON.stringify(value));

/** What is hardly HTTP. */
const CREATE_HEAD = `${CREATE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json`;
const MESSAGES: readonly (readonly [string, string | Buffer])[] = [
  ["nothing", ""],
  ["zeros", "\0\0\0\r\n\r\n"],
  ["text", "hello world\r\n\r\n"],
  ["a handshake of TLS", Buffer.from("16030100a5010000a10303", "hex")],
  ["no protocol", `${LIST}\r\n\r\n`],
  ["another protocol", `${LIST} HTTP/2.0\r\nHost: x\r\n\r\n`],
  ["no host", `${LIST} HTTP/1.1\r\nConnection: close\r\n\r\n`],
  ["two hosts", `${LIST} HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n`],
  ["a line that is no header", `${LIST} HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n`],
  ["a space in a header's name", `${LIST} HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n`],
  ["a control character in a header", `${LIST} HTTP/1.1\r\nHost: x\r\nA: b\x01c\r\n\r\n`],
  ["a header of 20 KiB", requestText(LIST, undefined, [`X: ${"a".repeat(20 << 10)}`])],
  ["a header of 900 KiB", requestText(LIST, undefined, [`X: ${"a".repeat(900 << 10)}`])],
  ["a header of 2 MiB", requestText(LIST, undefined, [`X: ${"a".repeat(2 << 20)}`])],
  [
    "3000 headers",
    requestText(
      LIST,
      undefined,
      Array.from({ length: 3000 }, (_, i) => `X-${i}: a`),
    ),
  ],
  ["a URL of 20 KiB", requestText(`${LIST}?a=${"a".repeat(20 << 10)}`)],
  ...["GET /_ping", "GET /nowhere", `${LIST}?filters=x`, `POST ${V}/containers/box/start`].map(
    (line) => [`HTTP/1.0: ${line}`, `${line} HTTP/1.0\r\n\r\n`] as const,
  ),
  ["an upgrade of no connection", `POST ${V}/containers/idle/attach HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\n\r\n`],
  ["a URL with a host", requestText("GET http://docker/v1.40/containers/json")],
  ["an escape that is none", requestText(`GET ${V}/containers/%zz/json`)],
  ["a length below zero", `${CREATE_HEAD}\r\nContent-Length: -1\r\n\r\n`],
  ["a length that is none", `${CREATE_HEAD}\r\nContent-Length: x\r\n\r\n`],
  ["two lengths", `${CREATE_HEAD}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}`],
  ["an encoding that nobody knows", `${CREATE_HEAD}\r\nTransfer-Encoding: gzip\r\n\r\n`],
  ["a chunk that is none", `${CREATE_HEAD}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`],
  ["a body that is cut off", `${CREATE_HEAD}\r\nContent-Length: 50\r\n\r\n{"Image":`],
  ["Expect: 100-continue", `${CREATE_HEAD}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}`],
  ["another expectation", `${CREATE_HEAD}\r\nContent-Length: 2\r\nExpect: 200-ok\r\n\r\n{}`],
  ["two requests at once", `GET ${V}/nowhere HTTP/1.1\r\nHost: x\r\n\r\n${requestText(`GET ${V}/nowhere`)}`],
];

/** What its log has beside each line. */
const NOTED = [
  ...["-e", "A=b=c d", "-e", "X=1", "--label", "com.example=é", "--label", "other=1"],
  ...["--log-opt", "env=X,Y", "--log-opt", "env-regex=^A", "--log-opt", "labels-regex=^com"],
  ...["--log-opt", "mode=non-blocking", "--log-opt", "tag={{.Name}}/{{.ImageName}}"],
];
/** What a container prints: one stream after the other, for nobody says in which order two are read. */
const CHATTER = "echo out; sleep 0.3; echo err >&2; sleep 1000";

/** Methods, paths, versions. */
const LINES = [
  ...[
    "GET /nowhere",
    `GET ${V}/nowhere`,
    "GET /",
    `GET ${V}`,
    `GET ${V}/containers/json/`,
    `HEAD ${V}/containers/json`,
  ],
  ...["PUT", "PATCH", "OPTIONS", "TRACE", "FOO", "get"].map((method) => `${method} ${V}/containers/json`),
  ...["v1.99", "v2", "vx.y"].map((version) => `GET /${version}/containers/json`),
  ...["GET //containers/json", `GET ${V}/../containers/json`, `GET ${V}/volumes/..%2f..`, "OPTIONS *"],
  ...[`GET ${V}/containers/%00/json`, `GET ${V}/containers/a%2fb/json`, `DELETE ${V}/containers/`],
];

/** Queries, and what is not there. */
const QUERIES = [
  ...["limit=x", "limit=99999999999999999999", "limit=-1", "a=%zz", "filters=x", "filters=[]", "filters=5"],
  ...["null", '"x"', "{", '{"status":5}', '{"status":[5]}', '{"label":{"a":"b"}}'].map((text) => `filters=${text}`),
  ...[
    "status",
    "health",
    "exited",
    "before",
    "since",
    "is-task",
    "nosuch",
    "publish",
    "expose",
    "constructor",
    "__proto__",
  ].map((name) => `filters={"${name}":["x"]}`),
].map((query) => `${LIST}?${encodeURI(query).replaceAll("%25", "%")}`);

const GETS = [
  ...["json", "top", "logs?stdout=1", "stats", "changes", "export", "archive?path=/"].map((what) => `nosuch/${what}`),
  ...["logs?stdout=1&details=1", "logs?stderr=1&details=1&tail=1"].map((what) => `box/${what}`),
  ...["archive", "archive?path=", "archive?path=/nosuch", "logs", "logs?stdout=1&since=x", "logs?stdout=1&until=x"].map(
    (what) => `box/${what}`,
  ),
  "idle/top",
].map((what) => `GET ${V}/containers/${what}`);

const OTHER_GETS = [
  ...[
    "images/nosuch/json",
    "images/UPPER/json",
    "images/nosuch/history",
    "images/nosuch/get",
    "images/get?names=nosuch",
  ],
  ...["images/json?filters=x", `images/json?filters=${json({ nosuch: ["x"] })}`, "images/search?term=x&limit=x"],
  ...[`images/json?filters=${json({ dangling: ["x"] })}`, `images/json?filters=${json({ before: ["nosuch"] })}`],
  ...["images/search?term=x&limit=101", "networks?filters=x", `networks?filters=${json({ nosuch: ["x"] })}`],
  ...["type", "dangling", "scope", "label"].map((name) => `networks?filters=${json({ [name]: ["x"] })}`),
  ...[
    `networks/?filters=${json({ nosuch: ["x"] })}`,
    "networks/nosuch",
    "volumes?filters=x",
    `volumes?filters=${json({ dangling: ["x"] })}`,
    "volumes/nosuch",
  ],
  ...[
    `volumes?filters=${json({ dangling: ["constructor"] })}`,
    `events?until=1&filters=${json({ ["__proto__"]: ["x"] })}`,
  ],
  ...["events?since=x", "events?until=x", "events?filters=x&until=1", "events?since=10&until=5", "exec/nosuch/json"],
  ...["swarm", "services", "nodes", "tasks", "secrets", "configs", "plugins"],
].map((what) => `GET ${V}/${what}`);

const POSTS = [
  ...["start", "stop", "kill", "pause", "restart", "rename?name=x", "wait", "resize?h=1&w=1"].map(
    (it) => `nosuch/${it}`,
  ),
  ...["start", "stop?t=x", "kill?signal=BOGUS", "kill?signal=0", "unpause", "restart?t=x", "rename", "resize"].map(
    (it) => `box/${it}`,
  ),
  ...["99", "-1", "33", "RTMAX-15", "99999999999999999999"].map((signal) => `box/kill?signal=${signal}`),
  ...["", "&stdout=1", "&stderr=1", "&stdout=1&stderr=1"].map((streams) => `box/attach?logs=1${streams}`),
  "still/start",
  ...["rename?name=idle", "rename?name=box", "resize?h=x&w=1", "resize?h=1&w=x", "attach?stream=x"].map(
    (it) => `box/${it}`,
  ),
  ...["stop", "kill", "pause", "unpause", "resize?h=1&w=1"].map((it) => `idle/${it}`),
].map((what) => `POST ${V}/containers/${what}`);

const OTHER_POSTS = [
  ...["containers/nosuch/exec", "exec/nosuch/start", "exec/nosuch/resize?h=1&w=1", "images/create?fromImage=UPPER"],
  ...["images/create?fromImage=x%20y", "images/nosuch/tag?repo=x&tag=y", "images/busybox/tag"],
  ...["images/busybox/tag?repo=UPPER", "images/busybox/tag?repo=x&tag=b@d", "images/prune?filters=x"],
  ...["containers", "images", "networks"].flatMap((kind) => [
    `${kind}/prune?filters=${json({ until: ["x"] })}`,
    `${kind}/prune?filters=${json({ until: ["1h", "2h"] })}`,
    `${kind}/prune?filters=${json({ nosuch: ["x"] })}`,
  ]),
  ...["busybox", "nosuch"].map((image) => `images/${image}/push`),
  ...["networks/prune?filters=x", "volumes/prune?filters=x", "commit", "commit?container=nosuch"],
  ...[
    "commit?container=idle&repo=UPPER",
    "commit?container=idle&repo=x&tag=b@d",
    "commit?container=idle&changes=X%20y",
  ],
  ...["networks/create", "volumes/create", "containers/idle/update", "auth"],
].map((what) => `POST ${V}/${what}`);

const DELETES = [
  "containers/nosuch",
  "containers/box",
  "images/nosuch",
  "images/%20",
  "images/UPPER",
  "networks/nosuch",
].map((what) => `DELETE ${V}/${what}`);

/** Bodies that are no JSON, or not what a container is made of. */
const BROKEN = [
  ...["", " ", "{", "{]", "tru", "nul}", '{"a":}', '{"Image":"busybox",}', "{'Image':1}", "ÿ", '{"Image":01}'],
  ...[
    '{"Image":nul}',
    '{"Image":-}',
    '{"Image":1.}',
    '{"Image":1e}',
    '{"a\\q":1}',
    '{"a":"\u0001"}',
    '{"a":"\\u00g0"}',
  ],
  ...['{"a" 1}', "[1 2]", '{"a":1 "b":2}', '"', "[".repeat(10_001), "[]", "null", "1", '"x"', "{}"],
];
const config = (value: object) => JSON.stringify({ Image: "busybox", ...value });
const host = (HostConfig: unknown) => config({ HostConfig });
const MISTYPED = [
  ...[{ Image: 5 }, { Cmd: 5 }, { Cmd: {} }, { Cmd: [5] }, { Env: {} }, { Env: [5] }, { Labels: [] }].map(config),
  ...[
    { Labels: { a: 5 } },
    { Tty: "yes" },
    { User: 5 },
    { StopTimeout: "x" },
    { Volumes: [] },
    { ExposedPorts: [] },
  ].map(config),
  ...[
    { ExposedPorts: { x: {} } },
    { Healthcheck: 5 },
    { Healthcheck: { Interval: "1s" } },
    { NetworkingConfig: 5 },
  ].map(config),
  config({ NetworkingConfig: { EndpointsConfig: [] } }),
  ...[5, [], { Memory: "1g" }, { Memory: 1.5 }, { Binds: "x" }, { Binds: [5] }, { PortBindings: [] }].map(host),
  ...[{ PortBindings: { "80/tcp": 5 } }, { PortBindings: { "80/tcp": [{ HostPort: 80 }] } }, { Mounts: {} }].map(host),
  ...[{ RestartPolicy: "always" }, { Mounts: [{ Type: 5 }] }, { LogConfig: { Config: [] } }, { Devices: [5] }].map(
    host,
  ),
  ...[{ Ulimits: [{ Name: "nofile", Soft: "x" }] }, { Ulimits: {} }, { Sysctls: [] }, { ShmSize: {} }].map(host),
  ...[{ BlkioDeviceReadBps: {} }, { BlkioWeightDevice: [5] }, { DeviceRequests: 5 }, { Init: 1 }].map(host),
  ...[
    { NetworkMode: 5 },
    { CapAdd: 5 },
    { Mounts: [{ BindOptions: 5 }] },
    { Mounts: [{ TmpfsOptions: { Mode: "x" } }] },
  ].map(host),
  '{"Image":"busybox","HostConfig":{"Memory":1e30}}',
  ...[
    '"Memory":1',
    '"Memory":"x"',
    '"Cpuset":"x"',
    '"Cpuset":"x","CpuShares":9',
    '"Memory":1,"HostConfig":{}',
    '"Binds":["/"]',
  ].map((member) => `{"Image":"busybox",${member}}`),
  '{"Cmd":[]}',
  '{"Image":"nosuch","image":5}',
];

const BODIES: readonly (readonly [line: string, body: string])[] = [
  ...["{}", '{"Cmd":[]}', '{"Cmd":5}', "{", '{"Cmd":["x"],"DetachKeys":"bogus"}', '{"Cmd":["x"],"Env":5}'].map(
    (body) => [`POST ${V}/containers/box/exec`, body] as const,
  ),
  ...["idle", "still"].map((name) => [`POST ${V}/containers/${name}/exec`, '{"Cmd":["x"]}'] as const),
  ...["{}", "{"].map((body) => [`POST ${V}/exec/nosuch/start`, body] as const),
  ...['{"Memory":"x"}', '{"Memory":1}', '{"RestartPolicy":{"Name":"what"}}'].map(
    (body) => [`POST ${V}/containers/box/update`, body] as const,
  ),
  ...['{"Name":"b@d"}', '{"Name":"../x"}', '{"Name":5}', '{"DriverOpts":5}', "{"].map(
    (body) => [`POST ${V}/volumes/create`, body] as const,
  ),
  ...["{}", '{"Name":5}', "{"].map((body) => [`POST ${V}/networks/create`, body] as const),
  ...["connect", "disconnect"].flatMap((action) =>
    ["", "{", '{"Container":5}'].map((body) => [`POST ${V}/networks/none/${action}`, body] as const),
  ),
  ...["{", '{"username":5}'].map((body) => [`POST ${V}/auth`, body] as const),
  ...["{", '{"Cmd":5}'].map((body) => [`POST ${V}/commit?container=idle`, body] as const),
  ...["{", '{"username":5}'].map((body) => [`POST ${V}/images/nosuch/push`, body] as const),
  [`POST ${V}/containers/box/start`, '{"Binds":[]}'],
];

describe.skipIf(missing)(`dockerd's answers${missing ? `: ${missing}` : ""}`, () => {
  let genuine: DockerSession;
  let dockerd: Dockerd2019;
  beforeAll(async () => {
    genuine = await DockerSession.start();
    dockerd = await Dockerd2019.start();
    await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"));
    for (const docker of [genuine.docker.run.bind(genuine.docker), dockerd.docker.bind(dockerd)]) {
      await docker(["run", "-d", "--name", "box", "--network", "none", ...NOTED, "busybox", "sh", "-c", CHATTER]);
      await docker(["create", "--name", "idle", "--network", "none", "busybox", "true"]);
      await docker(["run", "-d", "--name", "still", "--network", "none", "busybox", "sleep", "1000"]);
      await docker(["pause", "still"]);
      await vi.waitFor(async () => expect((await docker(["logs", "box"])).stderr).toBe("err\n"), START_MS);
    }
  }, START_MS);
  afterAll(async () => {
    await dockerd.stop();
    await genuine.stop();
  }, START_MS);

  async function expectSame(bytes: string | Buffer, options?: { readonly sendsMore: boolean }): Promise<void> {
    const sockets = [dockerd.socket, join(genuine.place.dir, "docker.sock")];
    const [ours, theirs] = await Promise.all(sockets.map((socket) => sendRaw(socket, bytes, options)));
    expect({ ...ours, body: comparable(ours!.body) }).toEqual({ ...theirs, body: comparable(theirs!.body) });
  }

  test.each(MESSAGES)("to %s", (_, bytes) => expectSame(bytes));
  const open = { sendsMore: true };
  test.each([...LINES, ...QUERIES, ...GETS, ...OTHER_GETS, ...POSTS, ...OTHER_POSTS, ...DELETES])("to %s", (line) =>
    expectSame(requestText(line), open),
  );
  test.each([...BROKEN, ...MISTYPED].map((body) => [body.slice(0, 80), body]))("to a container of %j", (_, body) =>
    expectSame(requestText(CREATE, body), open),
  );
  test("to a process that was to be started, and is not, over its life", async () => {
    const [ours, theirs] = await Promise.all([dockerd.socket, join(genuine.place.dir, "docker.sock")].map(lifeOfExecs));
    expect(ours).toEqual(theirs);
  });

  test("to an import from nowhere", () =>
    expectSame(requestText(`POST ${V}/images/create?fromSrc=127.0.0.1:2/x`), open));

  test("to a quiet load whose client goes when it has an answer's head: the image is there", async () => {
    const archive = busyboxImage("quiet:1");
    const head = `POST ${V}/images/load?quiet=1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${archive.length}\r\n\r\n`;
    const client = connect(dockerd.socket);
    client.write(Buffer.concat([Buffer.from(head), archive]));
    expect(String((await once(client, "data"))[0])).toContain("200 OK");
    client.destroy();
    expect(await engineRequest(dockerd.socket, "GET", `${V}/images/quiet:1/json`)).toMatchObject({ status: 200 });
  });

  test.each(BODIES)("to %s %s", (line, body) => expectSame(requestText(line, body), open));
  test.each([
    "Content-Type: text/plain",
    "Content-Type: application/jsonx",
    "Content-Type: application/json; charset=utf-8",
  ])("to JSON that is said to be something else: %s", (header) =>
    expectSame(requestText(CREATE, "{}", [header]), open),
  );
});

/** Without what is each daemon's own: versions, ids, the heads of further answers; lists are no refusals. */
function comparable(body: string): string {
  if (body.includes('"Names":')) return "a list";
  return body
    .replaceAll("1.41", "1.40")
    .replace(/[0-9a-f]{64}/g, "ID")
    .replace(/^[A-Z][\w-]*: .*\r\n/gm, "");
}

/** What is said of processes that a container is to have, when it is paused, ended, and runs again. */
async function lifeOfExecs(socket: string): Promise<EngineAnswer[]> {
  const ask = (method: string, path: string, body?: unknown) => engineRequest(socket, method, `${V}${path}`, body);
  const declare = async (...Cmd: string[]) => (await ask("POST", "/containers/still/exec", { Cmd })).body.Id as string;
  const start = (id: string) => ask("POST", `/exec/${id}/start`, { Detach: true });
  await ask("POST", "/containers/still/unpause");
  const [ended, missing, waiting] = [await declare("true"), await declare("/nosuch"), await declare("true")];
  const answers = [await start(ended), await start(missing)];
  await vi.waitFor(async () => expect((await ask("GET", `/exec/${ended}/json`)).body.ExitCode).toBe(0), START_MS);
  answers.push(await start(ended), await ask("GET", `/exec/${ended}/json`), await ask("GET", `/exec/${waiting}/json`));
  await ask("POST", "/containers/still/pause");
  answers.push(await start(waiting));
  await ask("POST", "/containers/still/kill");
  answers.push(await start(waiting), await ask("GET", `/exec/${waiting}/json`));
  return JSON.parse(
    JSON.stringify(answers)
      .replace(/[0-9a-f]{64}/g, "ID")
      .replace(/"Pid":\d+/g, '"Pid":1'),
  );
}
