/** What an era needs of a host. */
import type { Directories } from "../world.ts";
import type { Check } from "./check.ts";
import type { Tried } from "./tried.ts";

export interface EraNeeds {
  readonly world: Directories;
  /** The environment variable that names the state directory. */
  readonly rootVariable: string;
  /** What a Linux host shows by itself. */
  hostChecks(): Promise<Check[]>;
  /** What has to be tried. */
  readonly tried: readonly Tried[];
}
