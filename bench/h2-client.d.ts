/** For tests; what each does is said in the program. */
export interface Handlers {
  readonly onMessage: (bytes: Buffer) => void;
  readonly onEnd: (error: Error | undefined) => void;
}

export function connectH2(port: number): Promise<{
  call(path: string, message: Buffer, handlers: Handlers, options?: { readonly isOpen?: boolean }): void;
  close(): void;
}>;
