import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type ApiErrorName, apiError } from './api-error.js';
import { API_ERRORS } from './codes.js';

const root = resolve(import.meta.dirname, '../../..');
const table = JSON.parse(readFileSync(join(root, 'src/jetstream/errors/table.json'), 'utf8'));

test('API-11 fills placeholders in literally', () => {
  const { code, errCode, description } = apiError('sequenceNotFound', { seq: 18446744073709551615n });
  expect({ code, errCode, description }).toEqual({
    code: 400,
    errCode: 10043,
    description: 'sequence 18446744073709551615 not found',
  });
  expect(apiError('invalidJSON', { err: 'a {err} $& b' }).description).toBe('invalid JSON: a {err} $& b');
});

test('API-11 the class of an error does not follow from its number', () => {
  expect([apiError('streamNotFound').code, apiError('streamMismatch').code]).toEqual([404, 400]);
  expect(apiError('streamTooManyRequests').code).toBe(429);
});

test('the table has each number and each name once, in order', () => {
  const numbers = Object.values(API_ERRORS).map(({ errCode }) => errCode);
  expect(numbers).toEqual(Array.from({ length: 227 }, (_, at) => 10002 + at));
  expect(Object.keys(API_ERRORS)).toEqual(table.map((row: { name: ApiErrorName }) => row.name));
});

test('what is made of the table is up to date (npm run docs)', () => {
  execFileSync('node', ['scripts/docs.mjs', '--check'], { cwd: root, stdio: 'pipe' });
});
