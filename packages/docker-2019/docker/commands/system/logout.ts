import { leaf } from "../../command.ts";
import { HUB_SERVER } from "../../container/pull.ts";
import { print } from "../../output/print.ts";

export const logout = leaf({
  usage: "[SERVER]",
  description: "Log out from a Docker registry.\nIf no server is specified, the default is defined by the daemon.",
  arguments: { min: 0, max: 1 },
  async run({ docker, args: [server = HUB_SERVER] }) {
    const erased = (await docker.config()).eraseAuth(server);
    print(erased ? `Removing login credentials for ${server}` : `Not logged in to ${server}`);
  },
});
