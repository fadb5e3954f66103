/** Call stacks from the trees that V8's profilers return. */
import type { Frame } from './pprof.js';

/** As V8 reports it; lines are counted from 0. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

/** A function and its callers. A linked list: deep trees share the callers of their nodes. */
export interface Stack {
  frame: Frame;
  caller: Stack | undefined;
}

/** The name of the node above all calls. */
const ROOT = '(root)';

/** The stack of a node, given that of its caller; undefined for the root. */
export function callFrom(caller: Stack | undefined, frame: CallFrame): Stack | undefined {
  return frame.functionName === ROOT ? caller : { frame: frameOf(frame), caller };
}

/** The frames of a stack, innermost first. */
export function framesOf(stack: Stack | undefined): Frame[] {
  const frames: Frame[] = [];
  for (let at = stack; at !== undefined; at = at.caller) frames.push(at.frame);
  return frames;
}

function frameOf({ functionName, url, lineNumber }: CallFrame): Frame {
  return {
    name: functionName || '(anonymous)',
    file: url.replace(/^file:\/\//, ''),
    line: Math.max(0, lineNumber + 1),
  };
}
