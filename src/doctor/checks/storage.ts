/** The store directory: it exists or can be created, is writable, has free space and lies on a suitable file system. */

import { dirname, resolve } from 'node:path';
import { blocksNamed, type CheckInput, fieldOf } from '../check-input.js';
import { bytesText, type Finding, ok, problem, warning } from '../finding.js';
import type { Machine } from '../machine.js';

const GIB = 1024 ** 3;
const FREE_BYTES_MIN = GIB;
const FREE_SHARE_MIN = 0.05;
const FREE_INODES_MIN = 10_000;

type FileSystemEntry = readonly [name: string, risk?: string, todo?: string];
const REMOTE = 'locks and syncs over a network are slow, and may be lost when the server of the files restarts';
const LOCAL_DISK = 'Use a local disk with ext4 or XFS.';
/** By the magic number of the file system. */
const FILE_SYSTEMS: ReadonlyMap<number, FileSystemEntry> = new Map<number, FileSystemEntry>([
  [0xef53, ['ext4']],
  [0x58465342, ['XFS']],
  [0x9123683e, ['Btrfs']],
  [0x2fc12fc1, ['ZFS']],
  [0xf2f52010, ['F2FS']],
  [0x6969, ['NFS', REMOTE, LOCAL_DISK]],
  [0xff534d42, ['CIFS', REMOTE, LOCAL_DISK]],
  [0xfe534d42, ['SMB', REMOTE, LOCAL_DISK]],
  [0x517b, ['SMB', REMOTE, LOCAL_DISK]],
  [0x00c36400, ['Ceph', REMOTE, LOCAL_DISK]],
  [0x0bd00bd0, ['Lustre', REMOTE, LOCAL_DISK]],
  [0x5346414f, ['AFS', REMOTE, LOCAL_DISK]],
  [0x01021997, ['9P', REMOTE, LOCAL_DISK]],
  [0x65735546, ['FUSE', 'what it promises about synced writes depends on the program behind it', LOCAL_DISK]],
  [0x794c7630, ['overlay', 'what is stored goes away with the container', 'Mount a volume there.']],
  [0x01021994, ['tmpfs', 'it is memory: what is stored is gone after a restart', LOCAL_DISK]],
  [0x858458f6, ['ramfs', 'it is memory: what is stored is gone after a restart', LOCAL_DISK]],
  [0x73717368, ['squashfs', 'it can not be written to', LOCAL_DISK]],
]);

export function checkStorage(input: CheckInput, machine: Machine): Finding[] {
  const { dir, option, maxBytes } = storeOf(input);
  if (dir === undefined) return [];
  const check = `${option} ${dir}`;
  const target = nearestExisting(resolve(dir), machine);
  if (target === undefined) {
    return [problem(check, 'can not be looked at', 'Choose a directory that the broker may use.')];
  }
  const facts = machine.stat(target);
  if (typeof facts === 'string') {
    return [problem(check, `can not be looked at (${facts})`, 'Correct the path or its permissions.')];
  }
  if (facts.kind !== 'directory')
    return [problem(check, `${target} is no directory`, 'Move it away, or choose another.')];
  if (!facts.writable) {
    const message = target === resolve(dir) ? 'is not writable' : `does not exist, and ${target} is not writable`;
    return [problem(check, message, 'Create it and give it to the user the broker runs as.')];
  }
  const what = target === resolve(dir) ? 'exists and is writable' : 'does not exist yet, but can be created';
  return [ok(check, what), ...checkSpace(check, target, maxBytes, machine), ...checkType(check, target, machine)];
}

function storeOf({ options, root }: CheckInput): { dir?: string; option: string; maxBytes?: number } {
  const block = blocksNamed(root, 'jetstream').find(({ path }) => path === 'jetstream');
  const inner = block && fieldOf(block.map, 'store_dir', 'storedir', 'store')?.value;
  const max = block && fieldOf(block.map, 'max_file_store', 'max_file', 'max_store', 'store_max_stream_bytes')?.value;
  const maxBytes = typeof max === 'bigint' && max > 0n ? { maxBytes: Number(max) } : {};
  if (typeof inner === 'string') return { dir: inner, option: 'jetstream.store_dir', ...maxBytes };
  return { ...(options.storeDir ? { dir: options.storeDir } : {}), option: 'store_dir', ...maxBytes };
}

/** The path itself or the nearest folder above it that exists. */
function nearestExisting(path: string, machine: Machine): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    if (machine.stat(at) !== 'ENOENT') return at;
    if (at === dirname(at)) return undefined;
  }
}

function checkSpace(check: string, dir: string, maxBytes: number | undefined, machine: Machine): Finding[] {
  const facts = machine.fileSystem(dir);
  if (facts === undefined) return [];
  const { freeBytes, totalBytes, freeInodes, totalInodes } = facts;
  const findings: Finding[] = [];
  const free = `${bytesText(freeBytes)} of ${bytesText(totalBytes)} free`;
  if (maxBytes !== undefined && freeBytes < maxBytes) {
    const message = `${free}, but JetStream may store ${bytesText(maxBytes)}`;
    findings.push(warning(check, message, 'Lower max_file_store, or give the store a larger disk.'));
  } else if (freeBytes < FREE_BYTES_MIN) {
    findings.push(problem(check, free, 'Free some space, or move the store to a larger disk.'));
  } else if (freeBytes < totalBytes * FREE_SHARE_MIN) {
    findings.push(warning(check, free, 'Free some space before the disk is full.'));
  } else findings.push(ok(check, free));
  if (totalInodes > 0 && freeInodes < FREE_INODES_MIN) {
    const message = `only ${freeInodes} inodes are free`;
    findings.push(warning(check, message, 'Delete small files, or make a file system with more inodes.'));
  }
  return findings;
}

function checkType(check: string, dir: string, machine: Machine): Finding[] {
  const type = machine.fileSystem(dir)?.type ?? 0;
  // Some platforms return the number as a signed one.
  const known = FILE_SYSTEMS.get(type >>> 0);
  if (known === undefined) return [];
  const [name, risk, todo] = known;
  if (risk === undefined) return [ok(check, `lies on ${name}`)];
  return [warning(check, `lies on ${name}: ${risk}`, todo ?? LOCAL_DISK)];
}
