/** How much an archive may ask of us. A bomb is a small archive that asks for much: every number it names meets one of these. */
export interface ArchiveLimits {
  /** Bytes of the tar after decompression, and, counted apart, bytes of all files it makes, holes included. */
  readonly totalBytes: number;
  /** Headers, the extended ones (PAX, GNU long names) included. A directory takes about 700 bytes of memory until the end. */
  readonly headers: number;
  /** Bytes of one extended header: long names, extended attributes. */
  readonly headerBytes: number;
  /** Bytes of all extended headers together: directories stay in memory until the end. */
  readonly allHeaderBytes: number;
  /** Bytes of a path, or of a link's target. */
  readonly pathBytes: number;
  /** Names in a path. */
  readonly depth: number;
  /** Stretches of data between the holes of one sparse file. */
  readonly sparseRegions: number;
}

/** Beyond every image in use, and within what a host survives. */
export const DEFAULT_LIMITS: ArchiveLimits = {
  totalBytes: 64 * 2 ** 30,
  headers: 1_500_000,
  headerBytes: 2 ** 20,
  allHeaderBytes: 512 * 2 ** 20,
  pathBytes: 4095, // PATH_MAX without its NUL
  depth: 512,
  sparseRegions: 100_000,
};
