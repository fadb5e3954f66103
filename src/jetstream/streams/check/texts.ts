/** The name of a stream, its description, its metadata. */
import type { StreamConfig } from '../../messages/stream-config.js';
import { isAssetName } from '../subjects.js';
import { refuseIf } from './context.js';

const NAME_MAX = 255;
const DESCRIPTION_MAX = 4096;
const METADATA_MAX = 131_072;

export function checkTexts(config: StreamConfig): StreamConfig {
  const { name, description, metadata } = config;
  refuseIf(!isAssetName(name), "stream name is required and can not contain '.', '*', '>', '\\', '/'");
  refuseIf(bytes(name) > NAME_MAX, `stream name is too long, maximum allowed is ${NAME_MAX}`);
  refuseIf(
    bytes(description) > DESCRIPTION_MAX,
    `stream description is too long, maximum allowed is ${DESCRIPTION_MAX}`,
  );
  const size = [...metadata].reduce((sum, [key, value]) => sum + bytes(key) + bytes(value), 0);
  refuseIf(size > METADATA_MAX, `stream metadata exceeds maximum size of ${METADATA_MAX} bytes`);
  return config;
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
