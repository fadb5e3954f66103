/**
 * The option table, continued: the rows about who may connect and what they may do. schema.ts explains what a row means
 * and includes these.
 */

import { ACCOUNTS } from './blocks/accounts.js';
import { AUTHORIZATION } from './blocks/authorization.js';
import { MAPPINGS } from './blocks/mappings.js';
import { PROXIES } from './blocks/proxies.js';
import { CLIENT_TLS, OCSP, OCSP_CACHE, RESOLVER, RESOLVER_PRELOAD, TLS } from './blocks/tls.js';
import type { OptionSpec } from './spec.js';
import { bool, list, oneOrMore, secret, text } from './value-type.js';

export const SECURITY_OPTIONS = [
  {
    name: 'authorization',
    key: 'authorization',
    type: AUTHORIZATION,
    reload: 'Y',
    doc: 'Who may connect, and what they may do.',
    support: 'yes',
    default: {},
  },
  {
    name: 'auth_module',
    key: 'authModule',
    type: text({ nonEmpty: true }),
    reload: 'Y',
    doc: 'The path of a JavaScript module whose function decides who may connect; it counts from the folder of the configuration file. Not together with a token, users or no_auth_user. nats-server has no such option.',
    support: 'yes',
    reloadText: { line: (shown) => (shown === '' ? '' : `Reloaded: auth_module = ${shown}`) },
  },
  {
    name: 'no_auth_user',
    key: 'noAuthUser',
    type: text(),
    reload: 'N',
    doc: 'The user that connections without credentials become.',
    support: 'yes',
    resolvedAt: ['authorization.noAuthUser'],
    reloadText: { line: '' },
  },
  {
    name: 'tls',
    type: CLIENT_TLS,
    reload: 'P',
    doc: 'TLS for clients.',
    support: { notYet: 'TLS is not there yet' },
  },
  {
    name: 'allow_non_tls',
    type: bool(),
    reload: 'N',
    doc: 'Lets clients without TLS in beside those with it.',
    support: { notYet: 'TLS is not there yet' },
    reloadText: { field: 'AllowNonTLS' },
  },
  {
    name: 'ocsp',
    type: OCSP,
    reload: 'Y',
    doc: 'OCSP stapling.',
    support: { notYet: 'OCSP is not there yet' },
  },
  {
    name: 'ocsp_cache',
    type: OCSP_CACHE,
    reload: 'Y',
    doc: 'The cache of OCSP answers about peers.',
    support: { notYet: 'OCSP is not there yet' },
  },
  {
    name: 'accounts',
    key: 'accounts',
    type: ACCOUNTS,
    reload: 'Y',
    doc: 'Isolated tenants, by name: messages of an account reach its own connections only. A list has names alone.',
    support: 'yes',
    reloadText: { line: 'Reloaded: accounts', always: true },
  },
  {
    name: 'system_account',
    aliases: ['system'],
    key: 'systemAccount',
    type: text(),
    reload: 'N',
    doc: 'The account of the server itself; `$SYS` unless another one is named.',
    support: 'yes',
  },
  {
    name: 'no_system_account',
    aliases: ['no_system', 'no_sys_acc'],
    key: 'noSystemAccount',
    type: bool(),
    default: false,
    reload: 'N',
    doc: 'Creates no system account where the configuration declares or names none.',
    support: 'yes',
  },
  {
    name: 'mappings',
    aliases: ['maps'],
    key: 'mappings',
    type: MAPPINGS,
    once: true,
    reload: 'Y',
    doc: 'Subjects that become others when they are published in the account `$G`. By source: a subject, or destinations with weights. The first source that matches counts.',
    support: 'yes',
    reloadText: { line: '' },
  },
  {
    name: 'operator',
    aliases: ['operators', 'roots', 'root', 'root_operators', 'root_operator'],
    type: oneOrMore(text()),
    reload: 'N',
    doc: 'The operators whose accounts are trusted.',
    support: { notYet: 'operator mode (JWT) is not there yet' },
    guards: true,
  },
  {
    name: 'trusted_keys',
    aliases: ['trusted'],
    type: oneOrMore(text()),
    reload: 'N',
    doc: 'Public operator keys that are trusted.',
    support: { notYet: 'operator mode (JWT) is not there yet' },
    guards: true,
  },
  {
    name: 'resolver',
    aliases: ['account_resolver', 'accounts_resolver'],
    type: RESOLVER,
    reload: 'P',
    doc: 'Where account JWTs come from.',
    support: { notYet: 'operator mode (JWT) is not there yet' },
  },
  {
    name: 'resolver_tls',
    type: TLS,
    reload: 'Y',
    doc: 'TLS towards a URL resolver.',
    support: { notYet: 'operator mode (JWT) is not there yet' },
  },
  {
    name: 'resolver_preload',
    type: RESOLVER_PRELOAD,
    reload: 'P',
    doc: 'Account JWTs known from the start.',
    support: { notYet: 'operator mode (JWT) is not there yet' },
  },
  {
    name: 'resolver_pinned_accounts',
    type: list(text()),
    reload: 'N',
    doc: 'The only accounts that may connect.',
    support: { notYet: 'operator mode (JWT) is not there yet' },
  },
  {
    name: 'default_sentinel',
    type: secret(),
    reload: 'Y',
    doc: 'The bearer JWT of clients that bring none.',
    support: { notYet: 'operator mode (JWT) is not there yet' },
  },
  {
    name: 'proxies',
    key: 'proxies',
    type: PROXIES,
    reload: 'Y',
    doc: 'Proxies that users with `proxy_required` have to come through. A proxy signs the nonce of INFO as `proxy_sig`.',
    support: 'yes',
  },
] as const satisfies readonly OptionSpec[];
