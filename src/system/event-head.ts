/** What every event begins with, as JSON: its type, an id that no other event has, and the time. */
import { randomBytes } from 'node:crypto';
import { rfc3339 } from '../http/go-format.js';
import { nowMs } from '../log/index.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX_LENGTH = 12;
const COUNTER_LENGTH = 10;

/** Random for the process; the rest of an id counts. */
let prefix = '';
let counter = 0;

/** Fields without their braces. Nothing in them needs an escape. */
export function eventHead(type: string, timeMs = nowMs()): string {
  return `"type":"io.nats.server.advisory.v1.${type}","id":"${nextId()}","timestamp":"${rfc3339(timeMs)}"`;
}

/** 22 letters and digits. */
function nextId(): string {
  if (prefix === '') prefix = [...randomBytes(PREFIX_LENGTH)].map((byte) => DIGITS[byte % DIGITS.length]).join('');
  counter += 1;
  let rest = '';
  for (let number = counter; rest.length < COUNTER_LENGTH; number = Math.floor(number / DIGITS.length)) {
    rest = DIGITS[number % DIGITS.length] + rest;
  }
  return prefix + rest;
}
