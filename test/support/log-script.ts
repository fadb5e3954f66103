/**
 * Runs a script of client actions step by step and compares the log lines of each step with the expected ones. The same
 * script runs on any NATS server. In expected lines connections have names; process, time, ports and connection numbers,
 * which differ from run to run, are removed before the comparison.
 */
import { expect } from 'vitest';
import { until } from './deadline.js';
import { closeAllClients, RawClient } from './raw.js';
import { TestServer } from './server.js';

export interface LogStep {
  /** Name of the connection; a new one connects first. */
  on: string;
  send?: string;
  /** The client hangs up, after it has read everything. */
  hangUp?: boolean;
  /** The lines, with `NAME - ` where the log names the connection. */
  lines: string[];
}

export interface LogScript {
  config?: string;
  /** Compare the lines of pings, too. Otherwise they are ignored, because their time is not determined. */
  pings?: boolean;
  steps: LogStep[];
  /** Lines of the stop, in any order. */
  stop?: string[];
}

/** Lines of nats-server about features that ours does not have. */
const NOT_OURS = [
  // It has a system account, whose connection and messages it logs.
  /\] (SYSTEM|ACCOUNT) - /,
  /\] Created system account/,
];
const PINGS = /Client Ping Timer$|Delaying PING|->> \[PING\]$|<<- \[PONG\]$/;

export async function playLog(script: LogScript, exe?: string[]): Promise<void> {
  const server = await TestServer.start({ config: script.config ?? '', args: ['-DV'] }, exe);
  const clients = new Map<string, RawClient>();
  const ports = new Map<string, number | undefined>();
  let from = server.log.length;
  try {
    for (const step of script.steps) {
      let client = clients.get(step.on);
      if (!client) {
        client = await RawClient.connect(server.port, { autoPong: !script.pings, readInfo: false });
        clients.set(step.on, client);
        ports.set(step.on, client.socket.localPort);
      }
      if (step.send) client.send(step.send);
      if (step.hangUp) client.socket.end();
      expect(await taken(step.lines.length), `after ${JSON.stringify(step.send ?? step.on)}`).toEqual(step.lines);
    }
    server.kill('SIGINT');
    await server.exited;
    const rest = shown();
    if (script.stop) expect(rest.sort()).toEqual([...script.stop].sort());
    // Something too much shows here at the latest.
    expect(rest.filter((line) => line.startsWith('[TRC]') || line.startsWith('[ERR]'))).toEqual([]);
  } finally {
    closeAllClients();
    await server.stop();
  }

  function shown(): string[] {
    const all = server.log.slice(from).filter((line) => !NOT_OURS.some((pattern) => pattern.test(line)));
    // Whether a PING is delayed is a race between the timer and the client's last bytes.
    const lines = all.filter((line, i) => !/Delaying PING/.test(line) && !/Delaying PING/.test(all[i + 1] ?? ''));
    return lines.filter((line) => script.pings || !PINGS.test(line)).map(normal);
  }

  /** As many lines as a step should cause, or what there is when no more come. */
  async function taken(count: number): Promise<string[]> {
    await until(() => shown().length >= count || undefined, `${count} log lines`).catch(() => undefined);
    const lines = shown();
    from = server.log.length;
    return lines;
  }

  function normal(line: string): string {
    let text = line.replace(/^\[\d+\] \S+ \S+ /, '');
    for (const [name, port] of ports) {
      text = text.replace(new RegExp(`127\\.0\\.0\\.1:${port} - cid:\\d+ - `), `${name} - `);
    }
    return text;
  }
}
