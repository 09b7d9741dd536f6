/** Typed text as the small HTML that notes and turns hold: **bold**, *italic*, lists, and addresses as links. Pure. */
export function htmlOf(text: string): string {
  const blocks = text
    .replace(/\r\n?/g, '\n')
    .trim()
    .split(/\n{2,}/);
  const made = blocks.map(block).filter(Boolean);
  return made.length === 1 && made[0]!.kind === 'p' ? made[0]!.inner : made.map((one) => one!.html).join('');
}

function block(text: string): { kind: 'p' | 'list'; inner: string; html: string } | null {
  if (!text.trim()) return null;
  const lines = text.split('\n');
  for (const [mark, tag] of [
    [/^\s*[-•*]\s+(?=\S)/, 'ul'],
    [/^\s*\d{1,2}[.)]\s+(?=\S)/, 'ol'],
  ] as const) {
    if (lines.length > 1 && lines.every((line) => mark.test(line))) {
      const inner = lines.map((line) => `<li>${inline(line.replace(mark, ''))}</li>`).join('');
      return { kind: 'list', inner, html: `<${tag}>${inner}</${tag}>` };
    }
  }
  const inner = lines.map(inline).join('<br>');
  return { kind: 'p', inner, html: `<p>${inner}</p>` };
}

function inline(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]'’”])/)
    .map((part, index) => (index % 2 ? `<a href="${escaped(part)}">${escaped(part)}</a>` : marked(escaped(part))))
    .join('');
}

function marked(html: string): string {
  return html
    .replace(/\*\*(\S(?:[^*]*\S)?)\*\*/g, '<b>$1</b>')
    .replace(/(^|[\s(“"])\*(\S(?:[^*]*\S)?)\*(?=$|[\s).,;:!?”"])/g, '$1<i>$2</i>');
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
