/** docker's own terminal, lent to a container: every key goes to the container's, which makes lines and signals of them. */
import { getTermios, getWindowSize, makeRaw, setTermios, type Termios, type Winsize } from "@eras/linux/tty.ts";
import type { ApiClient } from "../api-client.ts";

/** Puts it into raw mode. @returns Puts it back. */
export function makeTerminalRaw(fd: number): () => void {
  const before: Termios = getTermios(fd);
  setTermios(fd, makeRaw(before));
  return () => setTermios(fd, before);
}

/** Tells the daemon the size of our terminal, and each time that it changes. @param path - `/containers/ID/resize` */
export async function followSize(api: ApiClient, path: string, fd: number): Promise<void> {
  const tell = (): Promise<void> => resize(api, path, getWindowSize(fd)).catch(() => {}); // it may have ended just now
  process.on("SIGWINCH", tell);
  await tell();
}

/** Of a terminal that knows its size. */
export async function resize(api: ApiClient, path: string, { rows, columns }: Winsize): Promise<void> {
  if (rows === 0 && columns === 0) return;
  await api.post(path, { query: { h: rows, w: columns } });
}

/** Has a full-screen program draw itself anew for somebody who has just come: its window changes, and changes back. */
export async function redraw(api: ApiClient, path: string, fd: number): Promise<void> {
  const { rows, columns } = getWindowSize(fd);
  await resize(api, path, { rows: rows + 1, columns: columns + 1 }).catch(() => {}); // as in followSize
}
