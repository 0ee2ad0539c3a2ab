import { leaf } from "../../command.ts";
import { printError } from "../../output/print.ts";

export const rename = leaf({
  usage: "CONTAINER NEW_NAME",
  arguments: { min: 2, max: 2 },
  async run({ docker: { api }, args: [oldName = "", newName = ""] }) {
    if (oldName.trim() === "" || newName.trim() === "")
      throw new Error("Error: Neither old nor new names may be empty");
    try {
      await api.post(`/containers/${encodeURIComponent(oldName)}/rename`, { query: { name: newName } });
    } catch (error) {
      printError((error as Error).message);
      throw new Error(`Error: failed to rename container named ${oldName}`, { cause: error });
    }
  },
});
