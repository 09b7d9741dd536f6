import type { RosterPersonRow } from './host';

/** A cell that a spreadsheet reads as words, whatever it begins with. */
export function cell(text: string): string {
  const harmless = /^[=+\-@\t\r\uFF0B\uFF0D\uFF1D\uFF20]/.test(text) ? `'${text}` : text;
  return /[",\n\r;]/.test(harmless) ? `"${harmless.replace(/"/g, '""')}"` : harmless;
}

/** The personal links as a table for a mail merge. Made on this device: the server keeps no link that it could give again. */
export function linksCsv(people: readonly RosterPersonRow[]): string {
  const rows = people
    .filter((one) => one.link)
    .map((one) => [one.teamName, one.name, one.email ?? '', one.link ?? ''].map(cell).join(','));
  return ['team,name,e-mail,link', ...rows].join('\r\n') + '\r\n';
}

/** Hands a text to the browser's downloads. */
export function download(name: string, text: string, type = 'text/csv'): void {
  // the mark at the beginning tells a spreadsheet that the letters are UTF-8
  const address = URL.createObjectURL(new Blob(['\uFEFF', text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** True when the text is in the clipboard; browsers refuse on addresses without https. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
