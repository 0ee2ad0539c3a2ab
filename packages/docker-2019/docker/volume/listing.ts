/** Rows of `docker volume ls`. */
import type { Volume } from "../../engine-api/volume.ts";
import { formatLabels } from "../output/labels.ts";
import { decimalSize } from "../output/size.ts";
import type { Row } from "../output/table.ts";

/** Only `system df` counts. */
const NOT_COUNTED = { Links: "N/A", Size: "N/A" };

export function volumeRow({ Name, Driver, Scope, Mountpoint, Labels, UsageData }: Volume): Row {
  const counted = UsageData && { Links: String(UsageData.RefCount), Size: decimalSize(UsageData.Size, 4) };
  return {
    Name,
    Driver,
    Scope,
    Mountpoint,
    Labels: formatLabels(Labels),
    Label: (key = "") => Labels?.[key] ?? "",
    ...(counted ?? NOT_COUNTED),
  };
}
