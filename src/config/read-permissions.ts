/** Permissions in a file: which subjects may be published and subscribed to, and which replies sent. */

import { DurationError, parseDuration } from './duration.js';
import type { ConfigNode } from './language/nodes.js';
import { kindOf } from './language/nodes.js';
import type { Report } from './report.js';
import { type FieldSpec, fieldNamed, fieldNames, PERMISSION_FIELDS, RESPONSE_FIELDS } from './schema-authorization.js';
import { subjectListProblem } from './subjects.js';
import { didYouMean } from './suggest.js';
import { quote } from './text.js';
import type { PermissionsOptions, SubjectRule } from './types.js';

/** Reads a permissions block; undefined when it is none. */
export function readPermissions(node: ConfigNode, report: Report): PermissionsOptions | undefined {
  if (!(node.value instanceof Map)) {
    report.error(node, `Expected permissions to be a map/struct, got ${kindOf(node.value)}`);
    return undefined;
  }
  const permissions: PermissionsOptions = {};
  for (const [name, value] of node.value) {
    const field = fieldNamed(PERMISSION_FIELDS, name);
    if (field === undefined) unknownPermission(value, name, PERMISSION_FIELDS, report);
    else if (field.name === 'allow_responses') {
      const responses = readResponses(value, report);
      if (responses !== undefined) permissions.allowResponses = responses;
    } else {
      const rule = readRule(value, field.name === 'subscribe', report);
      if (rule !== undefined) permissions[field.name] = rule;
    }
  }
  return permissions;
}

function unknownPermission(node: ConfigNode, name: string, known: readonly FieldSpec[], report: Report): void {
  if (node.usedAsVariable) return;
  report.error(node, `Unknown field ${quote(name)} parsing permissions${didYouMean(name, fieldNames(known))}`);
}

function readRule(node: ConfigNode, allowQueue: boolean, report: Report): SubjectRule | undefined {
  if (!(node.value instanceof Map)) return readSubjects(node, allowQueue, report);
  const rule: { allow?: string[]; deny?: string[] } = {};
  for (const [name, value] of node.value) {
    const side = name.toLowerCase();
    if (side === 'allow' || side === 'deny') {
      const subjects = readSubjects(value, allowQueue, report);
      if (subjects !== undefined) rule[side] = subjects;
    } else if (!value.usedAsVariable) {
      const only = "only 'allow' or 'deny' are permitted";
      const hint = didYouMean(name, ['allow', 'deny']);
      report.error(value, `Unknown field name ${quote(name)} parsing subject permissions, ${only}${hint}`);
    }
  }
  return rule;
}

/** A subject or a list of them. An empty list restricts nothing: files of the reference rely on it. */
function readSubjects(node: ConfigNode, allowQueue: boolean, report: Report): string[] | undefined {
  const entries = Array.isArray(node.value) ? node.value : [node];
  const subjects: string[] = [];
  for (const entry of entries) {
    if (typeof entry.value === 'string') subjects.push(entry.value);
    else if (entry !== node) {
      report.error(entry, 'Subject in permissions array cannot be cast to string');
      return undefined;
    } else {
      const got = kindOf(node.value);
      report.error(node, `Expected subject permissions to be a subject, or array of subjects, got ${got}`);
      return undefined;
    }
  }
  const problem = subjectListProblem(subjects, allowQueue);
  if (problem !== undefined) report.error(node, problem);
  return problem === undefined && subjects.length > 0 ? subjects : undefined;
}

function readResponses(node: ConfigNode, report: Report): PermissionsOptions['allowResponses'] {
  if (typeof node.value === 'boolean') return node.value;
  if (!(node.value instanceof Map)) {
    report.error(node, 'error parsing response permissions, expected a boolean or a map');
    return undefined;
  }
  const responses: { max?: number; expires?: number } = {};
  for (const [name, value] of node.value) {
    const field = fieldNamed(RESPONSE_FIELDS, name);
    if (field === undefined) unknownPermission(value, name, RESPONSE_FIELDS, report);
    else if (field.name === 'max') {
      if (typeof value.value === 'bigint') responses.max = Number(value.value);
      else report.wrongType(value, name, 'an integer');
    } else if (typeof value.value === 'string') {
      try {
        responses.expires = parseDuration(value.value);
      } catch (error) {
        if (!(error instanceof DurationError)) throw error;
        report.error(value, `error parsing expires: ${error.message}`);
      }
    } else report.error(value, 'error parsing expires, not a duration string');
  }
  return responses;
}
