/** What the functions of `in-page.mjs` answer. */

/** Per kind of chart that is to be seen: how many charts, and the fewest marks with a size in one of them. */
export function chartsSeen(): Record<string, { charts: number; marks: number }>;
/** The lowest contrast between a text and what lies behind it, as WCAG 2 computes it. */
export function lowestContrast(): number;
/** Labels of charts that lie on each other. */
export function crowdedLabels(): string[];
/** Pixels by which the page is wider than its window. */
export function overflow(): number;
export function groundColour(): string;
