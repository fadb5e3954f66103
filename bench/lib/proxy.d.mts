/** The types of `proxy.mjs`. */
export interface TestProxy {
  port: number;
  url: string;
  messages(): number;
  held: number[];
  resume(): void;
  close(): Promise<void>;
}

export interface ProxyOptions {
  alter?: (frame: Buffer, number: number) => Buffer[];
  delayMs?: number;
  stallAfter?: number;
}

export function startProxy(serverPort: number, options?: ProxyOptions): Promise<TestProxy>;
