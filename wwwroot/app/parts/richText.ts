/**
 * The one place where written words become HTML. What arrives was sanitised by the server; it is parsed into an inert document and rebuilt
 * node by node from this short list, so that a string is never trusted, whoever sent it.
 */
const kept: Record<string, readonly string[]> = {
  P: [],
  BR: [],
  B: [],
  STRONG: [],
  I: [],
  EM: [],
  UL: [],
  OL: [],
  LI: [],
  A: ['href'],
};

const dropped = new Set([
  'SCRIPT',
  'STYLE',
  'TEMPLATE',
  'IFRAME',
  'OBJECT',
  'EMBED',
  'NOSCRIPT',
  'MATH',
  'SVG',
  'TEXTAREA',
  'TITLE',
]);

interface TrustedPolicy {
  createHTML(html: string): unknown;
}

let policy: TrustedPolicy | null | undefined;

/** Trusted Types: parsing needs a policy named `app`. DOMParser makes a document that runs nothing and loads nothing. */
function parsed(html: string): Document {
  if (policy === undefined) {
    const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): TrustedPolicy } })
      .trustedTypes;
    policy = types ? types.createPolicy('app', { createHTML: (text: string) => text }) : null;
  }
  return new DOMParser().parseFromString((policy ? policy.createHTML(html) : html) as string, 'text/html');
}

export function safeHref(href: string): string | null {
  try {
    const url = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Fresh nodes for the words, made by this document. */
export function nodesOf(html: string): DocumentFragment {
  const out = document.createDocumentFragment();
  if (!/[<&]/.test(html)) out.append(document.createTextNode(html));
  else copy(parsed(html).body, out, 0);
  return out;
}

/** The words alone: for labels, for what is read aloud, for a text box. */
export function plainOf(html: string): string {
  if (!/[<&]/.test(html)) return html;
  const body = parsed(html.replace(/<(br|\/p|\/li)\b[^>]*>/gi, (tag) => `${tag}\n`)).body;
  for (const gone of body.querySelectorAll([...dropped].join(','))) gone.remove();
  return (body.textContent ?? '').replace(/\n{3,}/g, '\n\n').trim();
}

/** The words as they can be typed again: what `htmlOf` of markup.ts would make these words from. */
export function typedOf(html: string): string {
  if (!/[<&]/.test(html)) return html;
  const out: string[] = [];
  const walk = (node: Node, list: { ordered: boolean; count: number } | null): void => {
    if (node.nodeType === Node.TEXT_NODE) return void out.push(node.nodeValue ?? '');
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const element = node as Element;
    const name = element.tagName.toUpperCase();
    if (dropped.has(name)) return;
    const inside = (more = list) => element.childNodes.forEach((child) => walk(child, more));
    const wrapped = (mark: string) => (out.push(mark), inside(), out.push(mark));
    if (name === 'BR') out.push('\n');
    else if (name === 'B' || name === 'STRONG') wrapped('**');
    else if (name === 'I' || name === 'EM') wrapped('*');
    else if (name === 'UL' || name === 'OL') (inside({ ordered: name === 'OL', count: 0 }), out.push('\n'));
    else if (name === 'LI') {
      out.push(list?.ordered ? `${++list.count}. ` : '- ');
      inside();
      out.push('\n');
    } else if (name === 'P') (inside(), out.push('\n\n'));
    else inside();
  };
  parsed(html).body.childNodes.forEach((node) => walk(node, null));
  return out
    .join('')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function copy(from: Node, to: Node, depth: number): void {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      to.appendChild(document.createTextNode(node.nodeValue ?? ''));
    } else if (node instanceof Element || node.nodeType === Node.ELEMENT_NODE) {
      const element = node as Element;
      const name = element.tagName.toUpperCase();
      if (dropped.has(name) || depth > 20) continue;
      if (!(name in kept)) {
        copy(element, to, depth + 1); // an unknown wrapper goes, its words stay
        continue;
      }
      const made = document.createElement(name.toLowerCase());
      if (name === 'A') {
        const href = safeHref(element.getAttribute('href') ?? '');
        if (href) {
          made.setAttribute('href', href);
          made.setAttribute('rel', 'noopener noreferrer nofollow');
          made.setAttribute('target', '_blank');
        }
      }
      copy(element, made, depth + 1);
      to.appendChild(made);
    }
  }
}
