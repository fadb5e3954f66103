/**
 * One page that opens from disk: charts drawn here as SVG, data embedded, nothing fetched. A policy inside the page
 * forbids every request and every script but its own.
 *
 * Owns the order of the page. Everything variable passes through `markup`; the charts work without the script.
 */
import { createHash } from 'node:crypto';
import type { BenchFile } from '../../types.js';
import { groupByWork, overallVerdict, sentence, serverKey, serversOf, sideNames, titleOf } from '../facts.js';
import { latencyOf } from '../percentiles.js';
import { legend } from './chart.js';
import { clientsTable, dateOf, figuresTable, MARKS, remarks, setup } from './figures.js';
import { latencySection } from './latency.js';
import { el, embedJson, escapeHtml, textEl } from './markup.js';
import { ratioChart, ratioViews } from './ratio.js';
import { SCRIPT } from './script.js';
import { serverClass } from './server-class.js';
import { STYLE } from './style.js';
import { sweepSection } from './sweep.js';
import { BAR_METRICS, barChart, hasOwnScales } from './throughput.js';
import { tiles } from './tiles.js';
import { hasTimeline, timelineSection } from './timeline.js';

interface Section {
  id: string;
  name: string;
  lead: string;
  body: string;
}

export function toHtml(file: BenchFile): string {
  const sections = sectionsOf(file);
  const title = titleOf(file);
  const verdict = overallVerdict(file.runs);
  const { meta } = file;
  const eyebrow = el(
    'div',
    { class: 'eyebrow' },
    textEl('b', meta.tool.split(' ')[0] || 'nats-bench'),
    textEl('span', dateOf(meta.date).split(',')[0] ?? ''),
    el('span', { class: 'space' }),
    textEl('button', 'Dark', {
      id: 'theme',
      type: 'button',
      hidden: true,
      'aria-label': 'Change between light and dark',
    }),
  );
  const said = el(
    'p',
    { class: `verdict ${verdict.level}` },
    textEl('span', MARKS[verdict.level], { 'aria-hidden': 'true' }),
    escapeHtml(sentence(verdict.text)),
  );
  const links = sections.map(({ id, name }) => el('li', {}, textEl('a', name, { href: `#${id}` })));
  const nav = el('nav', { 'aria-label': 'Sections' }, el('ul', {}, ...links));
  const hash = createHash('sha256').update(SCRIPT).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    el('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    '<link rel="icon" href="data:,">',
    textEl('title', `${title} · nats-bench`),
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<header>${eyebrow}${textEl('h1', title)}${said}${tiles(file)}${nav}</header>`,
    `<main>${sections.map(section).join('\n')}</main>`,
    `<footer>${textEl('p', `${meta.tool}. A dash means: not measured.`)}</footer>`,
    '<div id="tip" hidden></div>',
    `<script type="application/json" id="data">${embedJson(file)}</script>`,
    `<script>${SCRIPT}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function section({ id, name, lead, body }: Section): string {
  return el('section', { id }, textEl('h2', name), lead && textEl('p', lead, { class: 'lead' }), body);
}

function sectionsOf(file: BenchFile): Section[] {
  const { runs, comparison, sweep } = file;
  const servers = serversOf(runs);
  const groups = groupByWork(runs, servers);
  const list: Section[] = [];
  const [a, b] = sideNames(runs);
  const key = (shape: 'square' | 'line') =>
    servers.length < 2
      ? ''
      : legend(servers.map((server) => ({ text: server.name, className: serverClass(server, servers), shape })));

  const views = ratioViews(comparison);
  if (views.length > 0) {
    const panels = views.map((view) => ({ id: view.id, name: view.name, body: ratioChart(view, comparison, [a, b]) }));
    const lead = `How many times better ${b} is than ${a}, row by row: above 1× it is ahead, whatever the figure. Lines show the range over the rounds; pale bars are rows that failed or whose rounds disagree.`;
    list.push({ id: 'ratio', name: 'Comparison', lead, body: tabs('ratio', panels) });
  }
  if (sweep?.points.some((point) => point.latencyUs)) {
    const lead =
      'Each step asks for a higher rate. Latency counts from the time a message was due, so a server that falls behind cannot hide it.';
    list.push({ id: 'sweep', name: 'Latency by load', lead, body: sweepSection(sweep) });
  }
  const metrics = BAR_METRICS.filter((metric) => runs.some((run) => (metric.value(run) ?? 0) > 0));
  if (metrics.length > 0) {
    const panels = metrics.map((metric) => {
      const own = hasOwnScales(metric, groups)
        ? ' The works differ too much for one axis: bars compare within a work only.'
        : '';
      const body =
        textEl('p', metric.explains + own, { class: 'hint' }) + key('square') + barChart(metric, groups, servers);
      return { id: metric.id, name: metric.name, body };
    });
    list.push({ id: 'throughput', name: 'Throughput and cost', lead: '', body: tabs('throughput', panels) });
  }
  if (runs.some(latencyOf)) {
    const lead =
      'From publish to delivery, for requests there and back, for connections until the server has answered. Every further nine on the lower axis has the same width; both axes are logarithmic.';
    list.push({ id: 'latency', name: 'Latency', lead, body: key('line') + latencySection(groups, servers) });
  }
  if (runs.some(hasTimeline)) {
    const lead = 'Messages per second during the first repeat, in steps of a tenth of a second.';
    list.push({ id: 'timeline', name: 'Over time', lead, body: key('line') + timelineSection(groups, servers) });
  }
  if (runs.length > 0) {
    const lead =
      'Rates are means over the repeats, ± is half of the 95 % confidence interval; latencies come from one histogram of all repeats.';
    list.push({
      id: 'figures',
      name: 'All figures',
      lead,
      body: figuresTable(runs, servers) + clientsTable(runs, servers),
    });
  }
  const nameOf = (run: (typeof runs)[number]) =>
    servers.find((server) => server.key === serverKey(run))?.name ?? run.server.label;
  const notes = remarks(file, nameOf);
  if (notes) list.push({ id: 'notes', name: 'Read with care', lead: '', body: notes });
  list.push({ id: 'setup', name: 'How it was measured', lead: '', body: setup(file.meta, servers, runs) });
  return list;
}

/** One panel at a time, by radio buttons: keyboards and pages without script get them too. */
function tabs(group: string, panels: readonly { id: string; name: string; body: string }[]): string {
  if (panels.length === 1) return panels[0]?.body ?? '';
  const switches = panels.map(({ id, name }, index) => {
    const attributes = { type: 'radio', name: group, id: `${group}-${id}`, checked: index === 0 };
    return el('input', attributes) + textEl('label', name, { for: attributes.id });
  });
  const bodies = panels.map(({ name, body }) => el('section', { 'aria-label': name }, textEl('h3', name), body));
  return el('div', { class: 'tabs' }, ...switches, ...bodies);
}
