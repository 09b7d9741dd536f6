/** Folds case and accents, so that what is marked is what the search finds. One letter stays one letter. */
function folded(text: string): string {
  return Array.from(text)
    .map((letter) => {
      const plain = letter.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
      return plain.length === letter.length
        ? plain
        : letter.toLowerCase().length === letter.length
          ? letter.toLowerCase()
          : letter;
    })
    .join('');
}

export interface Part {
  text: string;
  found: boolean;
}

/** The words asked for, longest first. */
export function wordsOf(query: string): string[] {
  return [...new Set(query.match(/[\p{L}\p{N}]+/gu)?.map(folded) ?? [])].sort((a, b) => b.length - a.length);
}

/** A text in pieces: those where a word begins with a word that was asked for are marked. */
export function marked(text: string, words: readonly string[]): Part[] {
  if (!words.length) return [{ text, found: false }];
  const plain = folded(text);
  const parts: Part[] = [];
  let from = 0;
  for (const word of plain.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (!words.some((one) => word[0].startsWith(one))) continue;
    if (word.index > from) parts.push({ text: text.slice(from, word.index), found: false });
    from = word.index + word[0].length;
    parts.push({ text: text.slice(word.index, from), found: true });
  }
  if (from < text.length) parts.push({ text: text.slice(from), found: false });
  return parts;
}
