import { describe, expect, test } from "vitest";
import { Template } from "./template.ts";

const WEB = {
  Name: "web",
  Count: 3,
  Running: true,
  Paused: false,
  Labels: { b: "2", a: "1" },
  Cmd: ["sh", "-c", "ls <a> & b"],
  State: { Health: null, Code: 7 },
  Label: (key: string) => `label ${key}`,
};

function executed(text: string): string {
  return new Template(text).execute(WEB);
}

describe("Template", () => {
  test.each([
    ["plain", "plain"],
    ["{{.Name}}: {{ .State.Code }}", "web: 7"],
    ["{{.Labels}} {{.Cmd}} {{.State.Health}} {{.Running}}", "map[a:1 b:2] [sh -c ls <a> & b] <nil> true"],
    ["{{json .Cmd}}", '["sh","-c","ls <a> & b"]'],
    ["{{range .Cmd}}<{{.}}>{{end}}", "<sh><-c><ls <a> & b>"],
    ["{{range $k, $v := .Labels}}{{$k}}={{$v}} {{$.Name}};{{end}}", "a=1 web;b=2 web;"],
    ["{{range $one := .Cmd}}{{$one}},{{end}}", "sh,-c,ls <a> & b,"],
    ["{{range .Nothing}}{{else}}none{{end}}", "none"],
    ["{{if .Running}}up{{else}}down{{end}} {{if .Paused}}paused{{end}}", "up "],
    ["{{if .Paused}}a{{else if .Running}}b{{else}}c{{end}}", "b"],
    ["{{with .State}}{{.Code}}{{end}}", "7"],
    ['{{index .Labels "a"}} {{index .Cmd 1}}', "1 -c"],
    ['{{join .Cmd ","}} {{.Name | upper}} {{lower "ABC"}} {{title .Name}}', "sh,-c,ls <a> & b WEB abc Web"],
    ['{{printf "%-5s|%5d|%q|%05d" .Name .Count .Name 42}}', 'web  |    3|"web"|00042'],
    ['{{if and .Running (eq .Name "web" "db")}}yes{{end}}', "yes"],
    ["{{$n := .Name}}{{$n}}{{$n}}", "webweb"],
    ['{{.Label "x"}}', "label x"],
    ["{{len .Cmd}} {{not .Paused}} {{or .Paused .Name}}", "3 true web"],
    ["a  {{- .Name -}}  b{{/* not shown */}}", "awebb"],
    ['{{"}}"}}{{`raw`}}', "}}raw"],
    ['{{split "a:b" ":"}} {{truncate .Name 2}} {{pad .Name 1 2}}|', "[a b] we  web  |"],
    ['{{define "one"}}<{{.}}>{{end}}{{range .Cmd}}{{template "one" .}}{{end}}', "<sh><-c><ls <a> & b>"],
    ['{{block "name" .Name}}[{{.}}{{$}}]{{end}}{{template "name"}}', "[webweb][<no value><no value>]"],
    ["{{range $k, $v := .Labels}}{{$k}}{{break}}{{end}} {{range .Cmd}}{{if true}}{{continue}}{{end}}x{{end}}", "a "],
  ])("%s", (text, shown) => {
    expect(new Template(text).execute({ ...WEB, Nothing: [] })).toBe(shown);
  });

  test.each([
    ["{{.Nope}}", 'executing "" at <.Nope>: map has no entry for key "Nope"'],
    ["{{.Name.Sub}}", ':1:7: executing "" at <.Name.Sub>: can\'t evaluate field Sub in type interface {}'],
    ["{{.State.Health.Status}}", "nil pointer evaluating interface {}.Status"],
    ["{{.Name", "unclosed action"],
    ["{{if .Name}}a", "unexpected EOF"],
    ["a{{end}}", "unexpected {{end}}"],
    ["{{nope .Name}}", 'function "nope" not defined'],
    ["{{index .Cmd 9}}", "error calling index: index out of range: 9"],
    ["{{$nope}}", 'undefined variable "$nope"'],
    ["{{(.Name}}", "unclosed left paren"],
    ['{{define "a"}}{{.Nope}}{{end}}{{template "a" .}}', ':1:16: executing "a" at <.Nope>: map has no entry'],
    ['{{define "a"}}{{template "a"}}{{end}}{{template "a"}}', "exceeded maximum template depth (100000)"],
  ])("refuses %s", (text, message) => {
    expect(() => executed(text)).toThrow(message);
  });
});
