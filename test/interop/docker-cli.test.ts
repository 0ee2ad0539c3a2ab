/** Our docker drives a genuine dockerd, beside the genuine docker. */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DockerCliSession, missingForDocker } from "./docker-cli-session.ts";

const missing = missingForDocker();
const START_MS = 90_000;
const CASE_MS = 60_000;

describe.skipIf(missing)(
  `docker of 2019 at a genuine dockerd${missing ? `: ${missing}` : ""}`,
  { timeout: CASE_MS },
  () => {
    let session: DockerCliSession;
    beforeAll(async () => {
      session = await DockerCliSession.start();
      await session.genuine(["volume", "create", "data"]);
      await session.genuine([
        "run",
        "-d",
        "--name",
        "web",
        "-l",
        "com.a=<1>&",
        "-v",
        "data:/data",
        "busybox",
        "sleep",
        "1000",
      ]);
      await session.genuine(["run", "--name", "ended", "busybox", "sh", "-c", "echo out; echo err >&2; exit 3"]);
    }, START_MS);
    afterAll(() => session.stop(), START_MS);

    describe("says what the genuine one says", () => {
      test.each([
        // What there is
        ["ps"],
        ["ps", "-a", "--no-trunc"],
        ["ps", "-aqs", "--filter", "name=web"],
        ["container", "ls", "-as"],
        ["ps", "-n", "1"],
        ["ps", "-l", "--format", "{{.Names}} {{.State}}"],
        ["ps", "--format", '{{.ID}} {{.Image}} {{.Command}} {{.Label "com.a"}} {{.Labels}} {{.Mounts}} {{.Networks}}'],
        ["ps", "--format", 'table {{.Names}}\t{{.Label "com.a"}}\t{{.CreatedAt}}'],
        ["ps", "--format", "{{json .}}"],
        ["ps", "--format", "{{json .Labels}}"],
        ["images"],
        ["images", "-q", "--no-trunc"],
        ["images", "--digests"],
        ["image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.Size}}", "busy*"],
        ["history", "busybox"],
        ["network", "ls"],
        ["network", "ls", "--filter", "driver=host", "--format", "{{.Name}} {{.Driver}}"],
        ["volume", "ls"],
        ["system", "df"],
        ["system", "df", "-v"],
        ["system", "df", "-v", "--format", "{{json .}}"],
        ["images", "--format", "{{.Size}} {{.VirtualSize}} [{{.CreatedSince}}] {{.CreatedAt}}"],
        ["info", "-f", "{{json .ClientInfo}}"],
        // What it is
        ["inspect", "web"],
        ["inspect", "web", "busybox", "none", "data"],
        ["inspect", "-s", "-f", "{{.Id}}", "busybox"],
        ["volume", "ls", "-h"],
        ["container", "inspect", "-s", "web"],
        ["image", "inspect", "busybox"],
        ["network", "inspect", "host"],
        ["volume", "inspect", "data"],
        ["inspect", "-f", "{{range .Mounts}}{{.Destination}} {{.RW}}{{end}} {{json .Config.Labels}}", "web"],
        [
          "inspect",
          "-f",
          '{{.State.Running}} {{.Config.Cmd}} {{index .Config.Labels "com.a"}} {{.HostConfig.Binds}}',
          "web",
        ],
        ["inspect", "-f", '{{.Config.Labels.no}} {{json .HostConfig.Sysctls.no}} {{eq .Config.Labels.no "x"}}', "web"],
        ["inspect", "-f", '{{if .GraphDriver.Data.no}}a{{end}} {{.Config.Labels.no.deep | printf "%s %v"}}', "busybox"],
        ["inspect", "-f", '{{if .State.Running}}up{{else}}down{{end}} {{join .Config.Cmd ","}} {{upper .Name}}', "web"],
        ["inspect", "-f", '{{with $s := .State}}{{$s.ExitCode | printf "%03d"}}{{end}}', "ended"],
        ["version", "-f", "{{.Server.APIVersion}} {{.Server.Version}} {{range .Server.Components}}{{.Name}} {{end}}"],
        ["run", "--rm", "--pull", "never", "--disable-content-trust", "busybox", "true"],
        ["run", "--rm", "--dns", "127.0.0.1", "--dns", "::1", "--oom-kill-disable", "busybox", "true"],
        ["version", "-f", "{{json .Server}} {{.Client.Context}} {{.Client.Os}}/{{.Client.Arch}}"],
        ["info"],
        ["info", "-f", "{{.Driver}} {{.OSType}} {{.NCPU}} {{json .Plugins.Volume}}"],
        // What it does
        ["inspect", "-f", "{{.HostConfig.Binds}} {{.HostConfig.Sysctls}} {{.Config.Volumes}} {{.ExecIDs}}", "ended"],
        ["inspect", "-f", "{{.State.Health}} {{.Config.StopTimeout}} {{.SizeRw}} {{if .ExecIDs}}some{{end}}", "ended"],
        ["inspect", "-f", "{{len .HostConfig.Links}} {{json .HostConfig}} {{json .ExecIDs}}", "ended"],
        ["inspect", "-f", "{{.Config.Volumes}} {{.Config.Healthcheck}} {{json .ContainerConfig}}", "busybox"],
        ["logs", "ended"],
        ["logs", "--tail", "1", "ended"],
        ["logs", "--until", "2020-01-01", "ended"],
        ["top", "web", "-o", "pid,comm"],
        ["port", "web"],
        ["diff", "web"],
        ["exec", "web", "sh", "-c", "echo out; echo err >&2; exit 5"],
        ["exec", "-u", "33", "-w", "/data", "-e", "A=b", "web", "sh", "-c", "id -u; pwd; echo $A"],
        ["exec", "web", "/nosuch"],
        ["start", "-a", "ended"],
        ["wait", "ended"],
        ["restart", "-t", "0", "web"],
        ["update", "-m", "100m", "--memory-swap", "-1", "web"],
        ["events", "--since", "2020-01-01", "--until", "0s", "--filter", "container=ended", "--filter", "event=create"],
        ["events", "--until", "0s", "-f", "event=create", "--format", "{{json .}} {{.Actor.Attributes.no}} {{.ID}}"],
      ])("%j", async (...args) => {
        const { status } = await session.same(...args);
        expect(status).toBe(
          { "/nosuch": 126, "echo out; echo err >&2; exit 5": 5, "-a": 3 }[args.at(args[0] === "start" ? 1 : -1)!] ?? 0,
        );
      });
    });

    describe("fails as the genuine one fails", () => {
      test.each([
        [125, "run", "--no-such-flag", "busybox"],
        [125, "run", "--pull", "never", "nosuch:1"],
        [1, "create", "--pull", "always", "127.0.0.1:9/nosuch:1"],
        [125, "run", "-Zt", "busybox"],
        [125, "ps", "--format"],
        [125, "ps", "-n"],
        [125, "ps", "--filter", "bad"],
        [125, "run", "--ulimit", "what=1", "busybox"],
        [125, "run", "--ulimit", "nofile=3:2", "busybox"],
        [125, "run", "-a", "stdwhat", "busybox"],
        [125, "run", "--dns", "1.2.3", "busybox"],
        [125, "run", "--mount", "type=bind,source=/a", "busybox"],
        [125, "run", "--mount", "type=tmpfs,target=/a,volume-nocopy", "busybox"],
        [125, "run", "--mount", "what", "busybox"],
        [125, "run", "--restart", "always", "--rm", "busybox"],
        [125, "run", "--restart", "on-failure:x", "busybox"],
        [125, "run", "--restart", "on-failure:-1", "busybox"],
        [125, "run", "--label", "=x", "busybox"],
        [125, "volume", "create", "--label", "=x"],
        [125, "network", "create", "--label", "=x", "n"],
        [125, "run", "--health-start-period", "-1s", "busybox"],
        [125, "run", "-p", "99999:80", "busybox"],
        [125, "run", "-p", "8000-8002:80-81", "busybox"],
        [125, "run", "-p", "1.2.3:80:80", "busybox"],
        [125, "run", "-p", "::1:80:80", "busybox"],
        [125, "run", "-p", "[::1:80:80", "busybox"],
        [125, "run", "-p", "[::1]x:80:80", "busybox"],
        [1, "run", "-d", "-a", "stdout", "busybox"],
        [125, "run", "--name", "b@d", "busybox"],
        [125, "run", "--name", "web", "busybox"],
        [125, "run", "--no-healthcheck", "--health-cmd", "true", "busybox"],
        [125, "run", "--security-opt", "what", "busybox"],
        [125, "run", "--security-opt", "seccomp=/nosuch", "busybox"],
        [125, "run", "--network", "nosuch", "busybox"],
        [125, "run", "--expose", "x", "busybox"],
        [125, "run", "--expose", "70000", "busybox"],
        [125, "run", "--mac-address", "x", "busybox"],
        [125, "create", "--mac-address", "x", "busybox"],
        [125, "run", "--pid", "x", "busybox"],
        [125, "run", "--uts", "x", "busybox"],
        [125, "run", "--userns", "x", "busybox"],
        [125, "run", "--sysctl", "x", "busybox"],
        [125, "run", "--gpus", "x", "busybox"],
        [125, "run", "--health-interval", "x", "busybox"],
        [125, "run", "--health-timeout", "-1s", "busybox"],
        [125, "run", "--storage-opt", "a", "busybox"],
        [125, "exec", "-e", "=", "web", "true"],
        [1, "help", "nosuch"],
        [1, "import"],
        [1, "events", "--since", "x"],
        [1, "logs", "--since", "x", "web"],
        [1, "rename", "web", "web"],
        [1, "port", "web", "nosuch"],
        [1, "save", "-o", "/nosuch/x", "busybox"],
        [1, "export", "-o", "/nosuch/x", "web"],
        [1, "cp", "web:/bin", "/nosuch/x"],
        [1, "run"],
        [1, "rename", "web"],
        [1, "ps", "extra"],
        [1, "nosuch"],
        [1, "inspect", "nosuch"],
        [1, "inspect", "Upper"],
        [1, "container", "inspect", "nosuch"],
        [1, "image", "inspect", "nosuch"],
        [1, "volume", "inspect", "nosuch"],
        [1, "stop", "nosuch"],
        [1, "start", "nosuch"],
        [1, "rm", "web"],
        [1, "rm", "nosuch"],
        [1, "rmi", "nosuch"],
        [1, "logs", "nosuch"],
        [1, "exec", "nosuch", "true"],
        [1, "exec", "ended", "true"],
        [1, "attach", "ended"],
        [1, "attach", "nosuch"],
        [1, "start", "-a", "nosuch"],
        [1, "start", "-a", "web", "ended"],
        [1, "top", "nosuch"],
        [1, "stats", "--no-stream", "nosuch"],
        [1, "diff", "nosuch"],
        [1, "export", "nosuch"],
        [1, "save", "nosuch"],
        [1, "history", "nosuch"],
        [1, "update", "web"],
        [1, "update", "-m", "100m", "nosuch"],
        [125, "run", "--cidfile", "/etc/passwd", "busybox"],
        [125, "run", "--env-file", "/nosuch", "busybox"],
        [125, "run", "--device", "null", "busybox"],
        [125, "run", "-m", "lots", "busybox"],
        [125, "run", "--cpus", "many", "busybox"],
        [125, "run", "-c", "x", "busybox"],
        [125, "run", "--rm=maybe", "busybox"],
        [125, "run", "Upper/Case"],
        [1, "unpause", "web"],
        [1, "kill", "-s", "WHAT", "web"],
        [1, "kill", "ended"],
        [1, "network", "rm", "bridge"],
        [1, "network", "rm", "nosuch"],
        [1, "volume", "rm", "data"],
        [1, "system", "df", "-v", "--format", "{{.Nope}}"],
        [1, "system", "prune", "-f", "--volumes", "--filter", "until=1h"],
        [1, "inspect", ""],
        [1, "logs", ""],
        [1, "stop", ""],
        [1, "start", ""],
        [1, "diff", ""],
        [1, "rmi", ""],
        [1, "network", "rm", ""],
        [1, "tag", "", "a"],
        [1, "tag", "busybox", "Upper/case"],
        [1, "tag", "nosuch", "a"],
        [1, "port", "web", "80"],
        [1, "wait", "nosuch"],
        [1, "pull", "bad@@name"],
      ] as [number, ...string[]][])("%d: %s %s %s %s", async (status, ...args) => {
        expect((await session.same(...args)).status).toBe(status);
      });
    });

    test("puts no file in the place of a device", async () => {
      const device = join(session.daemon.place.dir, "null");
      execFileSync("mknod", [device, "c", "1", "3"]);
      for (const words of [
        ["save", "-o", device, "busybox"],
        ["export", "-o", device, "web"],
        ["cp", "web:/bin/sh", device],
      ])
        expect((await session.same(...words)).status).toBe(1);
      expect(statSync(device).isCharacterDevice()).toBe(true);
    });

    test("pauses what the genuine one lets go on, and the other way round", async () => {
      for (const command of ["pause", "unpause"]) {
        const { ours, genuine } = session;
        expect(await ours([command, "web"])).toEqual({ stdout: "web\n", stderr: "", status: 0 });
        expect((await genuine([command, "web"])).stderr).toMatch(/is (already|not) paused/);
      }
    });

    test("has all fields of the genuine version, as text and as JSON", async () => {
      const [ours, genuine] = [await session.ours(["version"]), await session.genuine(["version"])];
      const names = (text: string) => text.split("\n").map((line) => line.split(":", 1)[0]);
      expect(names(ours.stdout)).toEqual(names(genuine.stdout));
      const json = ["version", "-f", "{{json .Client}}"];
      const [{ stdout: a }, { stdout: b }] = [await session.ours(json), await session.genuine(json)];
      expect(Object.keys(JSON.parse(a))).toEqual(Object.keys(JSON.parse(b)));
    });

    test("pulls first, what is there already too, if it is told to", async () => {
      const { ours, genuine } = await session.sent("create", "--pull", "always", "127.0.0.1:9/nosuch:1");
      const lines = (requests: typeof ours) => requests.map(({ line }) => line.replace("/v1.41/", "/v1.40/"));
      expect(lines(ours).at(-1)).toMatch(/^POST .*\/images\/create\?/);
      expect(lines(ours)).toEqual(lines(genuine));
    });

    test.each([
      ["pull", "busybox"],
      ["push", "busybox"],
      ["create", "busybox"],
    ])("%s pulls or pushes nothing unsigned when it is told to look for signatures", async (command, image) => {
      session.log.takeRequests();
      const { stderr, status } = await session.ours([command, "--disable-content-trust=false", image]);
      expect({ stderr, status }).toEqual({
        stderr: expect.stringContaining("content trust is not supported"),
        status: 1,
      });
      expect(session.log.takeRequests()).toEqual([]);
    });

    describe("says what is wrong with a template, and where", () => {
      const web = ["inspect", "-f"];
      const ps = ["ps", "-f", "name=web", "--format"];
      test.each([
        // That can't be read
        ...[
          "{{.Id",
          "{{",
          "{{end}}",
          "{{if .Id}}x",
          "{{if}}x{{end}}",
          "{{else}}",
          "{{nosuch .Id}}",
          "{{.Id | nosuch}}",
        ],
        ...['{{"abc}}', "{{`a}}", "{{.Id)}}", "{{(.Id}}", "{{()}}", "{{$x}}", "{{| .Id}}", "{{.Id | 3}}", "{{@}}"],
        ...["{{.Id , }}", "{{1x}}", "{{.}x}}", "{{.Id.}}", "{{..Id}}", "{{.Id$}}", "{{ - .Id}}", "{{/* x }}"],
        ...["{{/* x */ }}", "{{$a, $b := .Args}}", "{{range $i, $e := .Args}}{{end}}{{$i}}"],
        ...["{{if .Id}}a{{else}}b{{else}}c{{end}}", "{{if .Id}}a{{else with}}b{{end}}"],
        // That doesn't suit what is there
        ...["{{.Nope}}", "{{.Nope.Deep.Down}}", "ä {{.Id}}{{.Nope}}", "{{.Id}}\n\n ä{{ .Nope }}", "{{(.State).Nope}}"],
        ...["{{$.Nope.A}}", "{{$s := .State}}{{$s.Nope}}", "{{with .State}}{{.Nope}}{{end}}", "{{.Id.X}}", "{{.Id 3}}"],
        ...[
          "{{range .Id}}{{end}}",
          "{{upper 3}}",
          '{{truncate .Id "x"}}',
          '{{join .Id ","}}',
          '{{"abc" .Id}}',
          "{{nil}}",
        ],
        ...[
          "{{index}}",
          "{{index .Args 99}}",
          '{{index .Args "x"}}',
          "{{index .Config.Labels 3}}",
          "{{len 3}}",
          "{{printf}}",
        ],
        ...["{{json . .}}", "{{eq .Id}}", "{{lt .Id 3}}", "{{not}}", "{{$x = 3}}"],
        // That has parts with names
        ...[
          '{{define "a"}}x{{.}}{{end}}{{template "a" .Name}}',
          '{{template "a"}}',
          '{{template "a" .}}{{define "a"}}{{.Name}}{{end}}',
          '{{template "a" . .}}',
          '{{template "a" $x := 1}}',
          '{{template ""}}',
          "{{template a}}",
          "{{template}}",
          '{{template "a" | len}}',
          '{{if template "a"}}',
          '{{define "a"}}{{.Nope}}{{end}}{{template "a" .}}',
          '{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}',
          '{{define "a"}}{{$}}{{end}}{{template "a" .Name}}',
          '{{define "a"}}{{end}}{{block "a" .}}B{{end}}{{template "a"}}',
          '{{define "a"}}1{{end}}{{define "a"}}2{{end}}{{template "a"}}',
          '{{define ""}}x{{end}}y',
          '{{define "a"}}{{define "b"}}{{end}}{{end}}',
          '{{if true}}{{define "a"}}x{{end}}{{end}}',
          "{{define}}x{{end}}",
          "{{define a}}x{{end}}",
          '{{define "a" .}}x{{end}}',
          '{{define "a"}}x',
          '{{define "a"}}{{else}}{{end}}',
          '{{$x := 1}}{{define "a"}}{{$x}}{{end}}',
          '{{block "a"}}x{{end}}',
          "{{block}}x{{end}}",
          '{{block "a" .}}B{{end}}{{define "a"}}D{{end}}',
          '{{block "a" .Name}}{{break}}{{end}}',
          "{{range .Args}}{{.}}{{break}}{{end}}",
          "{{range .Args}}{{continue}}x{{end}}y",
          "{{range .Args}}{{else}}{{break}}{{end}}y",
          "{{break}}",
          "{{range .Args}}{{break 1}}{{end}}",
          "{{if true}}x{{else if define}}{{end}}",
        ],
        // That does
        ...[
          "{{.ID}}",
          "{{.Id | }}",
          "{{.5}} {{'a'}} {{0x1F}} {{1e3}} {{1_000}} {{1.}}",
          '{{slice .Id 0 0}}{{print 1 2 "a"}}',
        ],
        ...['{{printf "%s %d %q" 3 "a" "b" 5}}', '{{html "<a>"}} {{urlquery "a b&c"}}', "{{$x := 3}}{{$x = 4}}{{$x}}"],
      ])("%s", async (template) => {
        await session.same(...web, template, "web");
      });

      test.each([
        [...ps, "{{.Nope}}"],
        [...ps, "{{"],
        [...ps, "{{.ID 3}}"],
        [...ps, '{{.Label "a" "b"}}'],
        [...ps, "{{.Label}}"],
        ["version", "-f", "{{.Nope.Deep}}"],
        ["version", "-f", "{{"],
        ["info", "-f", "{{.Nope}}"],
        ["images", "--format", "{{.Nope}}"],
        ["network", "ls", "--format", "{{.Nope}}"],
        ["volume", "ls", "--format", "{{.Nope}}"],
        ["volume", "inspect", "data", "-f", "{{.Nope}}"],
        ["system", "df", "--format", "{{"],
        ["stats", "--no-stream", "--format", "{{.Nope}}"],
        ["events", "--since", "2020-01-01", "--until", "0s", "--format", "{{.Nope}}"],
        ["inspect", "-f", "{{index .HostConfig.PortBindings 0}}", "web"],
        ["inspect", "-f", "{{.HostConfig.PortBindings.no}}", "web"],
        ["events", "--since", "2020-01-01", "--until", "0s", "--format", "{{"],
      ])("%j", async (...args) => {
        expect((await session.same(...args)).status).not.toBe(0);
      });
    });

    describe("run ends as the container does", () => {
      test.each([
        [0, ["busybox", "true"]],
        [7, ["busybox", "sh", "-c", "echo out; echo err >&2; exit 7"]],
        [137, ["busybox", "sh", "-c", "sleep 9 & kill -9 $!; wait $!"]],
        [127, ["busybox", "/nosuch"]],
        [127, ["busybox", "nosuch"]],
        [126, ["busybox", "/etc"]],
        [
          0,
          [
            "-e",
            "A=b",
            "--hostname",
            "h",
            "-w",
            "/tmp",
            "-u",
            "33",
            "busybox",
            "sh",
            "-c",
            "echo $A; hostname; pwd; id",
          ],
        ],
        [0, ["--entrypoint", "echo", "busybox", "-n", "x"]],
        [0, ["-a", "stderr", "busybox", "sh", "-c", "echo out; echo err >&2"]],
        [0, ["--init=false", "--network", "none", "-m", "64m", "busybox", "ls", "/sys/class/net"]],
        [0, ["--tmpfs", "/t:size=1m", "--read-only", "busybox", "sh", "-c", "df /t | tail -1; touch /x"]],
      ])("%d: %j", async (status, args) => {
        const { stderr } = await session.same("run", "--rm", ...args);
        const again = await session.ours(["run", "--rm", ...args]);
        expect(again.status).toBe(stderr.includes("Read-only") ? 1 : status);
      });

      test("and with nothing but its input says which it is, and lets it run on", async () => {
        const words = ["run", "--rm", "-i", "-a", "stdin", "busybox", "cat"];
        const ours = await session.ours(words, "in");
        expect(ours).toEqual({ stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/), stderr: "", status: 0 });
      });
      test("with what is piped in, however much it is", async () => {
        const input = Buffer.alloc(3_000_000, "0123456789abcde\n");
        const { stdout, status } = await session.ours(["run", "--rm", "-i", "busybox", "cat"], input);
        expect({ bytes: stdout.length, isSame: stdout === input.toString(), status }).toEqual({
          bytes: input.length,
          isSame: true,
          status: 0,
        });
      });
    });
  },
);
