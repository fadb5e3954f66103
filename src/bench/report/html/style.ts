/**
 * The page's whole style sheet. Colours are variables: light and dark differ in nothing else, and charts take theirs
 * from the same place. Every text colour keeps a contrast of 4.5 on its ground, every mark 3.
 */

const LIGHT = `
  color-scheme: light; --ground: #fbfbfa; --card: #ffffff; --ink: #16191d; --soft: #5a626d; --rule: #e4e5e7; --grid: #ececee;
  --axis: #8d949e; --accent: #1d5fd1; --a: #7d8694; --b: #1d5fd1; --third: #a8571a; --d: #1f7a5c; --e: #8347b3;
  --good: #16703f; --good-ground: #e8f4ec; --bad: #b3261e; --bad-ground: #fceceb; --warn: #7d5700; --warn-ground: #fbf2dc;
  --p50: #6f9ae0; --p99: #1d5fd1; --p999: #0d2f6e; --tip: #16191d; --tip-ink: #f7f7f5; --shade: rgba(22, 25, 29, .05);
`;

const DARK = `
  color-scheme: dark; --ground: #0f1114; --card: #15181c; --ink: #e8eaed; --soft: #9ba3ae; --rule: #272c33; --grid: #22262c;
  --axis: #6b7480; --accent: #7aaaf7; --a: #8a94a3; --b: #6ea1f5; --third: #dd9455; --d: #55b893; --e: #bd8be6;
  --good: #6fce98; --good-ground: #14271c; --bad: #ff8a80; --bad-ground: #331917; --warn: #e2b755; --warn-ground: #2b2312;
  --p50: #4f78b8; --p99: #7aaaf7; --p999: #d3e3ff; --tip: #e8eaed; --tip-ink: #14171a; --shade: rgba(255, 255, 255, .05);
`;

export const STYLE = `
:root {${LIGHT}}
@media (prefers-color-scheme: dark) { :root {${DARK}} }
:root[data-theme=light] {${LIGHT}}
:root[data-theme=dark] {${DARK}}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-font-smoothing: antialiased;
}
main, header, footer { max-width: 1080px; margin: 0 auto; padding: 0 50px; }
header { padding-top: 56px; }
.eyebrow { display: flex; align-items: center; gap: 8px; color: var(--soft); font-size: 13px; }
.eyebrow b { color: var(--ink); font-weight: 600; } .eyebrow > * { white-space: nowrap; }
.eyebrow .space { flex: 1; }
h1 { font-size: 32px; line-height: 1.2; font-weight: 640; letter-spacing: -.022em; margin: 26px 0 14px; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 19px; line-height: 1.3; font-weight: 620; letter-spacing: -.012em; margin: 0 0 4px; }
p { margin: 0; }
.lead { color: var(--soft); max-width: 66ch; margin-bottom: 22px; }
.verdict { display: inline-flex; align-items: baseline; gap: 8px; padding: 4px 12px 4px 10px; border-radius: 99px; font-size: 14px; font-weight: 500; }
.good { color: var(--good); } .bad { color: var(--bad); } .unchecked { color: var(--warn); }
.verdict.good { background: var(--good-ground); } .verdict.bad { background: var(--bad-ground); } .verdict.unchecked { background: var(--warn-ground); }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 26px 32px; margin: 40px 0 0; padding: 0; }
.tiles[data-many='3'], .tiles[data-many='6'] { grid-template-columns: repeat(3, 1fr); } .tiles[data-many='5'] { grid-template-columns: repeat(5, 1fr); }
.tiles div { border-top: 1px solid var(--rule); padding-top: 12px; }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 2px 0 0; }
.tiles dd b { display: block; font-size: 27px; line-height: 1.25; font-weight: 600; letter-spacing: -.02em; white-space: nowrap; }
.tiles dd span { color: var(--soft); font-size: 13px; }
.tiles + .hint { margin: 22px 0 0; }
nav { margin: 40px 0 0; padding: 12px 0; border: solid var(--rule); border-width: 1px 0; font-size: 14px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 24px; list-style: none; margin: 0; padding: 0; }
nav a { color: var(--soft); text-decoration: none; } nav a:hover { color: var(--ink); text-decoration: underline; text-underline-offset: 4px; }
main > section { padding: 60px 0 0; scroll-margin-top: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 22px; list-style: none; margin: 0 0 22px; padding: 0; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 8px; }
.key { flex: none; width: 11px; height: 11px; border-radius: 3px; background: var(--c); }
.key.line { height: 3px; width: 18px; border-radius: 2px; }
.s-a { --c: var(--a); } .s-b { --c: var(--b); } .s-c { --c: var(--third); } .s-d { --c: var(--d); } .s-e { --c: var(--e); }
.p50 { --c: var(--p50); } .p99 { --c: var(--p99); } .p999 { --c: var(--p999); }
.chart { display: block; height: auto; overflow: visible; }
.chart.wide { width: 100%; } .chart.narrow { display: none; width: 100%; max-width: 480px; } .chart.panel { width: 100%; }
.chart text { font: 12px/1 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; fill: var(--ink); }
.chart .row { font-size: 13px; paint-order: stroke; stroke: var(--ground); stroke-width: 4px; stroke-linejoin: round; }
.chart .tick { fill: var(--soft); font-size: 11.5px; }
.chart .tick.strong { fill: var(--ink); }
.chart .value { font-weight: 600; }
.grid { stroke: var(--grid); } .axis { stroke: var(--axis); stroke-width: 1; } .axis.one { stroke: var(--ink); }
.mark { fill: var(--c); } .mark.unclear { fill-opacity: .38; }
.whisker { fill: none; stroke: var(--ink); stroke-width: 1.1; opacity: .62; }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; } .line.thin { stroke-width: 1.6; }
.dot { fill: var(--c); stroke: var(--ground); stroke-width: 1.2; } .dot.missed { fill: var(--ground); stroke: var(--c); stroke-width: 1.4; }
.bound { stroke: var(--bad); stroke-dasharray: 4 4; } .chart .bound-text { fill: var(--bad); }
.knee { stroke: var(--ink); stroke-dasharray: 2 3; }
.area { fill: transparent; } .cross { stroke: var(--axis); opacity: 0; }
.hit:hover .cross { opacity: 1; } .hit:hover > .area { fill: var(--shade); }
.hit:has(.cross):hover > .area { fill: transparent; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); gap: 34px 28px; }
.tabs > input { position: absolute; opacity: 0; pointer-events: none; }
.tabs > label { display: inline-block; margin: 0 20px 20px 0; padding: 2px 0 5px; color: var(--soft); font-size: 14px; cursor: pointer; border-bottom: 2px solid transparent; }
.tabs > label:hover { color: var(--ink); }
.tabs > input:checked + label { color: var(--ink); font-weight: 560; border-color: var(--accent); }
.tabs > input:focus-visible + label { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 2px; }
.tabs > section { display: none; }
${[1, 2, 3, 4, 5, 6].map((n) => `.tabs > input:nth-of-type(${n}):checked ~ section:nth-of-type(${n})`).join(', ')} { display: block; }
.tabs h3 { display: none; font-size: 15px; font-weight: 600; margin: 0 0 10px; }
.hint { color: var(--soft); font-size: 13px; margin: 0 0 16px; max-width: 80ch; }
details.data { margin-top: 18px; font-size: 13px; }
summary { color: var(--soft); cursor: pointer; width: fit-content; } summary:hover { color: var(--ink); }
.scroll { overflow-x: auto; margin-top: 10px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 12.5px; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 7px 0 7px 13px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); vertical-align: baseline; }
thead th { color: var(--soft); font-weight: 500; font-size: 12.5px; vertical-align: bottom; }
tbody th { font-weight: 500; white-space: normal; min-width: 136px; } tbody th, thead th:first-child { padding-left: 0; text-align: left; } tbody th { vertical-align: top; }
th.left, td.left { text-align: left; }
tbody tr.more > td { border-bottom-color: transparent; padding-bottom: 0; }
.notes { margin: 10px 0 0; padding: 0; list-style: none; } .notes li { padding: 9px 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere; }
.notes b { font-weight: 560; } .notes span { color: var(--soft); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 6px 28px; margin: 14px 0 0; font-size: 14px; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 22px 0 0; padding: 14px 16px; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
button { font: inherit; font-size: 13px; color: var(--soft); background: none; border: 1px solid var(--rule); border-radius: 6px; padding: 3px 11px; cursor: pointer; }
button:hover { color: var(--ink); border-color: var(--axis); }
.buttons { display: flex; gap: 10px; margin-top: 12px; } [hidden] { display: none !important; }
footer { padding-top: 64px; padding-bottom: 56px; color: var(--soft); font-size: 13px; }
#tip { position: fixed; z-index: 9; pointer-events: none; max-width: 320px; padding: 8px 12px; border-radius: 6px; background: var(--tip); color: var(--tip-ink); font-size: 12.5px; line-height: 1.5; white-space: pre-line; overflow-wrap: anywhere; }
#tip::first-line { font-weight: 600; }
@media (max-width: 760px) {
  main, header, footer { padding-left: 24px; padding-right: 24px; }
  header { padding-top: 28px; } h1 { font-size: 25px; margin-top: 20px; } main > section { padding-top: 46px; }
  .chart.wide { display: none; } .chart.narrow { display: block; }
  .tiles, .tiles[data-many] { grid-template-columns: 1fr 1fr; gap: 20px; margin-top: 30px; } .tiles dd b { font-size: 22px; }
  .tabs > label { margin: 0 15px 12px 0; } .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: 10px; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  :root, :root[data-theme] {${LIGHT} --ground: #fff; }
  @page { margin: 16mm 14mm; }
  body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; } header { padding-top: 0; }
  nav, button, .tabs > label, details.data, #tip { display: none !important; }
  .chart.wide { display: block; } .chart.narrow { display: none; }
  .tabs > section { display: block; margin-bottom: 18px; } .tabs h3 { display: block; }
  .panels { grid-template-columns: repeat(3, 1fr); gap: 18px; }
  svg, .tiles div, tr, .notes li { break-inside: avoid; } h2, h3, .hint, .lead, .legend { break-after: avoid; } .tabs { break-before: avoid; } .tabs > section, .lead { break-inside: avoid; }
  main > section { padding-top: 28px; } .scroll { overflow: visible; } table { font-size: 8pt; } th, td { padding-left: 8px; }
}
`;
