/** The types of `proxy.mjs`. */
export interface TestProxy {
  port: number;
  url: string;
  messages(): number;
  close(): Promise<void>;
}

export interface ProxyOptions {
  alter?: (frame: Buffer, number: number) => Buffer[];
  delayMs?: number;
}

export function startProxy(serverPort: number, options?: ProxyOptions): Promise<TestProxy>;
