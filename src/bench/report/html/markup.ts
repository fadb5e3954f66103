/**
 * Text that is safe inside the page. Every name, URL and error comes from a server or a user and is hostile until it
 * has passed through here; the charts build their elements with these functions and no others.
 */

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For text and for attribute values in quotes. */
export function escapeHtml(text: string): string {
  // Control characters are not allowed in a page; a line feed is.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  const clean = text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ' ');
  return clean.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** JSON that no parser of HTML mistakes for the end of its script element or for a comment. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export type Attributes = Record<string, string | number | boolean | undefined>;

/** An element; `children` is markup, made here or escaped. */
export function el(name: string, attributes: Attributes = {}, ...children: string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) => (value === true ? ` ${key}` : ` ${key}="${escapeHtml(asText(value as string | number))}"`))
    .join('');
  return VOID.has(name) ? `<${name}${written}>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** An element that holds text only. */
export function textEl(name: string, text: string, attributes: Attributes = {}): string {
  return el(name, attributes, escapeHtml(text));
}

const VOID = new Set(['meta', 'link', 'input', 'br']);

/** A hundredth of a pixel is as fine as a chart gets. */
function asText(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}
