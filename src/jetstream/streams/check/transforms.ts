/** The transform of incoming subjects, republishing, placement. */
import { overlap } from '../../../config/index.js';
import { apiError } from '../../errors/api-error.js';
import type { StreamConfig } from '../../messages/stream-config.js';
import { ALL_SUBJECTS, sourceProblem, transformProblem } from '../subjects.js';
import { type Check, type Context, refuseIf, refusePedantically } from './context.js';

export function checkSubjectTransform(config: StreamConfig): StreamConfig {
  const { subject_transform: transform } = config;
  if (transform === undefined) return config;
  const source = sourceProblem(transform);
  if (source !== undefined) throw apiError('streamTransformInvalidSource', { err: source });
  const destination = transformProblem(transform);
  if (destination !== undefined) throw apiError('streamTransformInvalidDestination', { err: destination });
  return config;
}

type Republish = NonNullable<StreamConfig['republish']>;

export const checkRepublish: Check = (config, context) => {
  if (config.republish === undefined) return config;
  const republish = republishedAs(withSource(config.republish, context), config, context);
  const { src, dest } = republish;
  const isCycle = config.subjects.some((subject) => overlap(dest, subject));
  refuseIf(isCycle, 'stream configuration for republish destination forms a cycle');
  refuseIf(
    transformProblem(republish) !== undefined,
    `stream configuration for republish with transform from '${src}' to '${dest}' not valid`,
  );
  return { ...config, republish };
};

function withSource(republish: Republish, context: Context): Republish {
  if (republish.src !== '') return republish;
  refusePedantically(context, 'republish source can not be empty');
  return { ...republish, src: ALL_SUBJECTS };
}

/** From `>` to `>` means: under the subject that the transform of the only subject makes. */
function republishedAs(republish: Republish, config: StreamConfig, context: Context): Republish {
  const { subjects, subject_transform: transform } = config;
  const isWhole = republish.src === ALL_SUBJECTS && republish.dest === ALL_SUBJECTS;
  if (!isWhole || subjects.length !== 1 || transform === undefined || transform.src !== subjects[0]) return republish;
  refusePedantically(context, 'implicit republish based on subject transform');
  return { ...republish, src: transform.dest, dest: transform.dest };
}

export function checkPlacement(config: StreamConfig): StreamConfig {
  const { placement } = config;
  if (placement === undefined) return config;
  const { cluster, tags, preferred } = placement;
  if (cluster === '' && tags.length === 0 && preferred === '') return { ...config, placement: undefined };
  refuseIf(preferred !== '', 'preferred server not permitted in placement');
  return config;
}
