/**
 * Certificates and keys that the configuration names in any block: they exist, are readable, belong together and are
 * valid. They are checked even where the broker does not support the block yet.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ConfigMap } from '../../config/language/nodes.js';
import { type Block, blocksNamed, type CheckInput, fieldOf } from '../check-input.js';
import { type Finding, ok, problem, warning } from '../finding.js';
import type { Machine } from '../machine.js';

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export function checkTls({ root }: CheckInput, machine: Machine): Finding[] {
  const blocks = ['tls', 'resolver_tls'].flatMap((name) => blocksNamed(root, name));
  return blocks.flatMap((block) => [...pairs(block)].flatMap((map) => checkPair(block.path, map, machine)));
}

/** A block may hold one pair itself and more in a list. */
function* pairs({ map }: Block): Iterable<ConfigMap> {
  yield map;
  const list = fieldOf(map, 'certs', 'certificates')?.value;
  if (!Array.isArray(list)) return;
  for (const { value } of list) if (value instanceof Map) yield value;
}

function checkPair(path: string, map: ConfigMap, machine: Machine): Finding[] {
  const [cert, key, ca] = ['cert_file', 'key_file', 'ca_file'].map((name) => fieldOf(map, name)?.value);
  const findings: Finding[] = [];
  let leaf: X509Certificate | undefined;
  if (typeof cert === 'string') {
    const read = certificates(`${path}.cert_file ${cert}`, cert, machine);
    if (!Array.isArray(read)) findings.push(read);
    else {
      [leaf] = read;
      findings.push(...read.map((one, index) => validity(`${path}.cert_file ${cert}`, one, index, machine)));
      findings.push(...names(`${path}.cert_file ${cert}`, leaf));
    }
    if (typeof key !== 'string') {
      findings.push(
        problem(`${path}.key_file`, 'is missing beside cert_file', 'Name the private key of the certificate.'),
      );
    }
  }
  if (typeof key === 'string') findings.push(...checkKey(`${path}.key_file ${key}`, key, leaf, machine));
  if (typeof ca === 'string') {
    const read = certificates(`${path}.ca_file ${ca}`, ca, machine);
    if (!Array.isArray(read)) findings.push(read);
    else findings.push(...read.map((one, index) => validity(`${path}.ca_file ${ca}`, one, index, machine)));
  }
  return findings;
}

function certificates(check: string, file: string, machine: Machine): X509Certificate[] | Finding {
  const text = machine.read(file);
  if (text === undefined) return unreadable(check, file, machine);
  const blocks = text.match(PEM) ?? [];
  if (blocks.length === 0) return problem(check, 'holds no certificate in PEM form', 'Convert it with openssl x509.');
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return problem(check, 'holds a certificate that can not be read', 'Fetch the file anew from where it was issued.');
  }
}

function unreadable(check: string, file: string, machine: Machine): Finding {
  const facts = machine.stat(file);
  if (facts === 'ENOENT') return problem(check, 'does not exist', 'Correct the path, or put the file there.');
  return problem(check, 'can not be read', 'Let the user the broker runs as read it.');
}

function validity(check: string, certificate: X509Certificate, index: number, machine: Machine): Finding {
  const now = machine.nowMs();
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const which = index === 0 ? 'the certificate' : `certificate ${index + 1} of the chain`;
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  if (to <= now) return problem(check, `${which} expired on ${day(to)}`, 'Renew it now.');
  if (from > now) {
    return problem(check, `${which} is valid only from ${day(from)}`, 'Wait until then, or correct the clock.');
  }
  const days = Math.floor((to - now) / DAY_MS);
  if (days < SOON_DAYS) return warning(check, `${which} expires in ${days} days, on ${day(to)}`, 'Renew it.');
  return ok(check, `${which} is valid until ${day(to)}`);
}

function names(check: string, leaf: X509Certificate | undefined): Finding[] {
  if (leaf === undefined || leaf.subjectAltName !== undefined) return [];
  const todo = 'Issue it with the host names clients use as subject alternative names.';
  return [warning(check, 'names no host: clients will not accept it', todo)];
}

function checkKey(check: string, file: string, leaf: X509Certificate | undefined, machine: Machine): Finding[] {
  const text = machine.read(file);
  if (text === undefined) return [unreadable(check, file, machine)];
  const findings: Finding[] = [];
  try {
    const key = createPrivateKey(text);
    const belongs = leaf === undefined || leaf.checkPrivateKey(key);
    if (belongs) findings.push(ok(check, leaf ? 'belongs to the certificate' : 'is a private key'));
    else findings.push(problem(check, 'is not the key of cert_file', 'Name the key the certificate was made with.'));
  } catch {
    const encrypted = text.includes('ENCRYPTED');
    const message = encrypted ? 'is encrypted, and nobody is there to type the password' : 'is no private key';
    findings.push(problem(check, message, 'Provide the key in PEM form without a password.'));
  }
  const facts = machine.stat(file);
  if (machine.platform !== 'win32' && typeof facts !== 'string' && (facts.mode & 0o004) !== 0) {
    findings.push(warning(check, 'every user of this machine may read it', `Keep it private: chmod 600 ${file}.`));
  }
  return findings;
}
