import { fileURLToPath } from 'node:url';

/** Absolute path of a file of this repository. */
export function repository(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
