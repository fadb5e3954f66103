/**
 * Functions that run inside the page: each is sent there as text, so it refers to nothing outside itself. Plain
 * JavaScript, because the rest of the project is compiled without the types of a browser.
 */

export function chartsSeen() {
  const kinds = {};
  for (const chart of document.querySelectorAll('svg[data-chart]')) {
    if (chart.getBoundingClientRect().width === 0) continue;
    const marks = [...chart.querySelectorAll('[data-point]')].filter((mark) => {
      const box = mark.getBoundingClientRect();
      return box.width > 0 && box.height > 0;
    });
    const { charts, marks: fewest } = kinds[chart.dataset.chart] ?? { charts: 0, marks: Number.MAX_SAFE_INTEGER };
    kinds[chart.dataset.chart] = { charts: charts + 1, marks: Math.min(fewest, marks.length) };
  }
  return kinds;
}

export function lowestContrast() {
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = 'h1, h2, p, dt, dd, dd b, dd span, li, a, label, th, td, td span, button, summary, pre, svg text';
  let lowest = 21;
  for (const element of document.querySelectorAll(texts)) {
    if (element.getBoundingClientRect().width === 0) continue;
    const style = getComputedStyle(element);
    const ink = luminance(element instanceof SVGElement ? style.fill : style.color);
    const ground = luminance(groundOf(element));
    lowest = Math.min(lowest, (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05));
  }
  return lowest;
}

export function crowdedLabels() {
  const found = [];
  for (const chart of document.querySelectorAll('svg[data-chart]')) {
    const labels = [...chart.querySelectorAll('text')]
      .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0);
    for (const [index, one] of labels.entries()) {
      for (const other of labels.slice(index + 1)) {
        const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        // Boxes of lines of type are a little higher than what is written.
        if (across > 0.5 && down > 3) found.push(`${chart.dataset.chart}: "${one.text}" and "${other.text}"`);
      }
    }
  }
  return found;
}

export function overflow() {
  return document.documentElement.scrollWidth - innerWidth;
}

export function groundColour() {
  return getComputedStyle(document.body).backgroundColor;
}
