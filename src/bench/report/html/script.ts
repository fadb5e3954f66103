/**
 * The page's only script: tooltips, the theme, copying and saving. Everything is readable without it. It writes text,
 * never markup, so nothing a server said can become an element.
 */

export const SCRIPT = `'use strict';
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  // The browser's own tooltip of <title> would lie over ours: readers get the same words from aria-label.
  for (const svg of document.querySelectorAll('svg.chart')) {
    const title = svg.querySelector('title');
    const desc = svg.querySelector('desc');
    svg.setAttribute('aria-label', title.textContent + '. ' + desc.textContent);
    title.remove();
  }

  const tip = byId('tip');
  const hide = () => { tip.hidden = true; };
  document.addEventListener('pointermove', (event) => {
    const from = event.target instanceof Element ? event.target.closest('[data-tip]') : null;
    if (!from) return hide();
    tip.textContent = from.getAttribute('data-tip');
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const right = event.clientX + 16 + width < root.clientWidth;
    const left = right ? event.clientX + 16 : Math.max(8, event.clientX - 16 - width);
    const below = event.clientY + 18 + height < root.clientHeight;
    tip.style.left = left + 'px';
    tip.style.top = (below ? event.clientY + 18 : Math.max(8, event.clientY - 14 - height)) + 'px';
  });
  document.addEventListener('scroll', hide, { passive: true });
  document.addEventListener('pointerleave', hide);
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') hide(); });

  const theme = byId('theme');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches);
  const name = () => { theme.textContent = isDark() ? 'Light' : 'Dark'; };
  theme.hidden = false;
  theme.addEventListener('click', () => { root.dataset.theme = isDark() ? 'light' : 'dark'; name(); });
  dark.addEventListener('change', name);
  name();

  const copy = byId('copy');
  const command = byId('command');
  const selected = () => {
    getSelection().selectAllChildren(command);
    copy.textContent = 'Selected';
  };
  copy.hidden = !command;
  copy.addEventListener('click', () => {
    if (!navigator.clipboard) return selected();
    navigator.clipboard.writeText(command.textContent).then(() => { copy.textContent = 'Copied'; }, selected);
  });

  const save = byId('save');
  save.hidden = false;
  save.addEventListener('click', () => {
    const data = JSON.stringify(JSON.parse(byId('data').textContent), null, 2);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([data], { type: 'application/json' }));
    link.download = 'nats-bench.json';
    link.click();
    URL.revokeObjectURL(link.href);
  });
})();
`;
