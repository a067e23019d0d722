/** For tests; what each does is said in the program. */
export const paths: { readonly put: string; readonly range: string; readonly watch: string };
export function putRequest(key: string, value: Buffer): Buffer;
export function watchRequest(key: string, rangeEnd: string | undefined): Buffer;
export function readWatchResponse(bytes: Buffer): { readonly created: boolean; readonly events: number };
