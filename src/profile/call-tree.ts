/** V8's trees of calls, as stacks. */
import type { Frame } from './pprof.js';

/** As V8 says it; lines count from 0. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

/** Of where a program is called from, V8 says nothing. */
const ROOT = '(root)';

export function frameOf({ functionName, url, lineNumber }: CallFrame): Frame {
  return {
    name: functionName || '(anonymous)',
    file: url.replace(/^file:\/\//, ''),
    line: Math.max(0, lineNumber + 1),
  };
}

/** Without the root, the innermost first. */
export function within(frame: CallFrame, callers: readonly Frame[]): readonly Frame[] {
  return frame.functionName === ROOT ? callers : [frameOf(frame), ...callers];
}
