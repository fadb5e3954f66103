/** `tls` and what belongs to it: certificates, ocsp, ocsp_cache. Described, not supported yet. */

import type { FieldSpec } from '../spec.js';
import { block, bool, choice, duration, either, int, list, map, oneOrMore, text } from '../value-type.js';

const CERTIFICATE = block('CertificateOptions', [
  { name: 'cert_file', type: text(), doc: 'The certificate, in PEM form.' },
  { name: 'key_file', type: text(), doc: 'Its private key.' },
]);

const OCSP_PEER = block(
  'OcspPeerOptions',
  [
    { name: 'verify', type: bool(), doc: 'Asks whether certificates of peers are revoked.' },
    { name: 'allowed_clockskew', type: duration({ number: 'seconds' }), doc: 'How far clocks may be apart.' },
    { name: 'ca_timeout', type: duration({ number: 'seconds' }), doc: 'How long a responder may take.' },
    {
      name: 'cache_ttl_when_next_update_unset',
      type: duration({ number: 'seconds' }),
      doc: 'How long an answer without an end counts.',
    },
    { name: 'warn_only', type: bool(), doc: 'Lets refused peers in, with a warning.' },
    { name: 'unknown_is_good', type: bool(), doc: 'Takes the answer "unknown" for "good".' },
    { name: 'allow_when_ca_unreachable', type: bool(), doc: 'Lets peers in when no responder answers.' },
  ],
  { short: 'verify' },
);

const unknownField = (name: string): string => `error parsing tls config, unknown field "${name}"`;

const CERT_FILE = { name: 'cert_file', type: text(), doc: 'The certificate, in PEM form.' } as const;
const KEY_FILE = { name: 'key_file', type: text(), doc: 'Its private key.' } as const;
const CA_FILE = { name: 'ca_file', type: text(), doc: 'The authorities whose certificates are accepted.' } as const;
const VERIFY = { name: 'verify', type: bool(), doc: 'Asks every client for a certificate.' } as const;
const VERIFY_AND_MAP = {
  name: 'verify_and_map',
  type: bool(),
  doc: 'Asks for a certificate and takes the user from it.',
} as const;

/** The fields that all blocks of this kind have, apart from those above. */
const FIELDS = [
  { name: 'insecure', type: bool(), doc: 'Does not verify the server an outgoing connection leads to.' },
  {
    name: 'verify_cert_and_check_known_urls',
    type: bool(),
    doc: 'Asks for a certificate that names a known address.',
  },
  { name: 'allow_insecure_cipher_suites', type: bool(), doc: 'Lets insecure cipher suites be listed.' },
  { name: 'cipher_suites', type: list(text()), doc: 'The cipher suites, by name.' },
  { name: 'curve_preferences', type: list(text()), doc: 'The curves, by name.' },
  { name: 'timeout', type: duration({ number: 'seconds' }), doc: 'How long a handshake may take.' },
  { name: 'connection_rate_limit', type: int(), doc: 'How many handshakes a second.' },
  { name: 'pinned_certs', type: list(text()), doc: 'SHA-256 of the public keys that are accepted, in hexadecimal.' },
  { name: 'cert_store', type: text(), doc: 'The certificate store of Windows.' },
  { name: 'cert_match_by', type: text(), doc: 'By what a certificate in the store is found.' },
  { name: 'cert_match', type: text(), doc: 'What it is found by.' },
  { name: 'ca_certs_match', type: oneOrMore(text()), doc: 'Authorities in the store.' },
  { name: 'cert_match_skip_invalid', type: bool(), doc: 'Passes over certificates in the store that are not valid.' },
  {
    name: 'handshake_first',
    aliases: ['first', 'immediate'],
    type: either(bool(), text()),
    doc: 'TLS before INFO: on, off, auto, or how long to wait for it.',
  },
  { name: 'ocsp_peer', type: OCSP_PEER, doc: 'Whether certificates of peers are revoked.' },
  { name: 'certs', aliases: ['certificates'], type: list(CERTIFICATE), doc: 'More than one certificate.' },
  { name: 'min_version', type: text(), doc: 'The oldest version, "1.2" or "1.3".' },
] as const satisfies readonly FieldSpec[];

/** TLS of connections other than those of clients. */
export const TLS = block('TlsOptions', [CERT_FILE, KEY_FILE, CA_FILE, VERIFY, VERIFY_AND_MAP, ...FIELDS], {
  messages: { unknownField },
});

/** TLS of clients, whose certificates decide who may connect. */
export const CLIENT_TLS = block(
  'ClientTlsOptions',
  [
    { ...CERT_FILE, flag: { names: ['tlscert'], kind: 'string', group: 'TLS', help: 'Certificate' } },
    { ...KEY_FILE, flag: { names: ['tlskey'], kind: 'string', group: 'TLS', help: 'Private key' } },
    { ...CA_FILE, flag: { names: ['tlscacert'], kind: 'string', group: 'TLS', help: 'CA of clients' } },
    { ...VERIFY, guards: true, flag: { names: ['tlsverify'], kind: 'bool', group: 'TLS', help: 'Verify clients' } },
    { ...VERIFY_AND_MAP, guards: true },
    ...FIELDS,
  ],
  { messages: { unknownField } },
);

export const OCSP = either(
  bool(),
  block('OcspOptions', [
    {
      name: 'mode',
      type: choice(['AUTO', 'MUST', 'ALWAYS', 'NEVER'], { anyCase: true }),
      doc: 'Which certificates are stapled.',
    },
    { name: 'url', type: text(), doc: 'The responder.' },
    { name: 'urls', type: list(text()), doc: 'Several responders.' },
  ]),
);

export const OCSP_CACHE = either(
  bool(),
  block('OcspCacheOptions', [
    { name: 'type', type: text(), doc: 'Where answers are kept: local or none.' },
    { name: 'local_store', type: text(), doc: 'The directory.' },
    { name: 'preserve_revoked', type: bool(), doc: 'Keeps answers that say "revoked".' },
    { name: 'save_interval', type: duration({ number: 'seconds' }), doc: 'How often it is written.' },
  ]),
);

export const RESOLVER = either(
  text(),
  block('ResolverOptions', [
    { name: 'type', type: text(), doc: 'Where accounts are kept: full, cache or memory.' },
    { name: 'dir', type: text(), doc: 'The directory.' },
    { name: 'allow_delete', type: bool(), doc: 'Lets accounts be deleted.' },
    { name: 'hard_delete', type: bool(), doc: 'Deletes them for good.' },
    { name: 'limit', type: int({ negative: 'kept' }), doc: 'How many accounts are kept.' },
    { name: 'ttl', type: duration({ number: 'refused', negative: 'kept' }), doc: 'How long they are kept.' },
    { name: 'interval', type: duration({ number: 'refused', negative: 'kept' }), doc: 'How often others are asked.' },
    { name: 'timeout', type: duration({ number: 'refused', negative: 'kept' }), doc: 'How long a lookup may take.' },
  ]),
);

export const RESOLVER_PRELOAD = map(text());
