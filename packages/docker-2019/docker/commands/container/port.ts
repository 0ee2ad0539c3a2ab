import type { PortBinding } from "../../../engine-api/container-config.ts";
import { leaf } from "../../command.ts";
import { inspectContainer } from "../../container/inspect.ts";
import { portNumber } from "../../container/ports.ts";
import { print } from "../../output/print.ts";

export const port = leaf({
  usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  arguments: { min: 1, max: 2 },
  async run({ docker, args: [name = "", wanted] }) {
    const { NetworkSettings } = await inspectContainer(docker, name);
    const ports = Object.entries(NetworkSettings.Ports ?? {});
    if (wanted === undefined) {
      for (const [inside, bindings] of ports) for (const one of bindings ?? []) print(`${inside} -> ${address(one)}`);
      return;
    }
    portNumber(wanted.split("/", 1)[0]!);
    const inside = wanted.includes("/") ? wanted : `${wanted}/tcp`;
    const bindings = ports.find(([one]) => one === inside)?.[1];
    if (!bindings) throw new Error(`Error: No public port '${inside}' published for ${name}`);
    for (const one of bindings) print(address(one));
  },
});

function address({ HostIp, HostPort }: PortBinding): string {
  return `${HostIp}:${HostPort}`;
}
