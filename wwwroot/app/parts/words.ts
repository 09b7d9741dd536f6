/** Times, counts and names as a person would say them. Pure, so that the same words can be tested and read aloud. */

const small =
  'no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const places = ['First', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth', 'Ninth', 'Tenth'];

export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** "No notes yet", "1 note", "3 notes": the count beside a column. */
export function countOf(n: number, one: string, many = `${one}s`): string {
  return n === 0 ? `No ${many} yet` : counted(n, one, many);
}

/** A number below a hundred as a word, for the beginning of a sentence: "Twenty-five tables". */
export function spelled(n: number): string {
  const word = small[n] ?? (n < 100 ? tens[Math.floor(n / 10)] + (n % 10 ? `-${small[n % 10]}` : '') : undefined);
  return word ? word.charAt(0).toUpperCase() + word.slice(1) : String(n);
}

export function placeInLine(n: number): string {
  return `${places[n - 1] ?? `Number ${n}`} in line`;
}

/**
 * What the clock says. It changes once a minute, then at 30 seconds: 61 s to 120 s is "2 minutes left", 31 s to 60 s is "1 minute left".
 */
export function timeLeft(ms: number): string {
  if (ms <= 0) return 'Time is up';
  if (ms <= 30_000) return '30 seconds left';
  return `${counted(Math.ceil(ms / 60_000), 'minute')} left`;
}

/** The same as a length: "4 minutes", "30 seconds"; what nobody counts in minutes is "14 hours". */
export function lasting(ms: number): string {
  if (ms <= 30_000) return '30 seconds';
  if (ms > 100 * 60_000) return counted(Math.round(ms / 3_600_000), 'hour');
  return counted(Math.ceil(ms / 60_000), 'minute');
}

/** "10:32", in the session's own time zone; the device's when none is given or it is unknown here. */
export function timeOfDay(at: string | number | Date, timeZone?: string | null): string {
  return formatted(at, { hour: 'numeric', minute: '2-digit' }, timeZone).replace(/\s?[AP]M$/i, '');
}

/** "10:26 am Pacific". */
export function timeWithZone(at: string | number | Date, timeZone?: string | null): string {
  const time = formatted(at, { hour: 'numeric', minute: '2-digit' }, timeZone).replace(
    /\s?([AP])M$/i,
    (_, half: string) => ` ${half.toLowerCase()}m`,
  );
  const zone = zoneName(at, timeZone);
  return zone ? `${time} ${zone}` : time;
}

/** "Tuesday, November 24". */
export function dayOf(at: string | number | Date, timeZone?: string | null): string {
  return formatted(at, { weekday: 'long', month: 'long', day: 'numeric' }, timeZone);
}

export function dateOf(at: string | number | Date, timeZone?: string | null): string {
  return formatted(at, { month: 'long', day: 'numeric' }, timeZone);
}

/** "Pacific", "Eastern", "Central European"; the offset where there is no name. */
export function zoneName(at: string | number | Date, timeZone?: string | null): string {
  const parts = (style: 'longGeneric' | 'short') =>
    format({ timeZoneName: style }, timeZone)
      .formatToParts(new Date(at))
      .find((part) => part.type === 'timeZoneName')?.value ?? '';
  return parts('longGeneric').replace(/ (Standard |Daylight )?Time$/, '') || parts('short');
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = words[0];
  if (!first) return '?';
  const last = words.length > 1 ? words[words.length - 1]! : '';
  return (letter(first) + letter(last)).toUpperCase();
}

/** "Rosa Delgado" -> "Rosa". */
export function firstName(name: string): string {
  return name.trim().split(/\s+/)[0] ?? name;
}

/** "Amara, Priya and Walt". */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? '';
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

/** The first words of a longer text, for a label: no more than `max` characters, cut between words. */
export function opening(text: string, max = 30): string {
  if (text.length <= max) return text;
  const space = text.slice(0, max + 1).lastIndexOf(' ');
  return `${text.slice(0, space > max / 2 ? space : max).trimEnd()}…`;
}

/** Capitals, no spaces, no dash: what a typed join code means. */
export function codeOf(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** "K7MQ4TXR" -> "K7MQ 4TXR". */
export function codeShown(code: string): string {
  const plain = codeOf(code);
  return plain.length > 4 ? `${plain.slice(0, 4)} ${plain.slice(4)}` : plain;
}

function letter(word: string): string {
  return Array.from(word)[0] ?? '';
}

function formatted(at: string | number | Date, options: Intl.DateTimeFormatOptions, timeZone?: string | null): string {
  return format(options, timeZone).format(new Date(at));
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions, timeZone?: string | null): Intl.DateTimeFormat {
  const key = JSON.stringify(options) + (timeZone ?? '');
  let made = formats.get(key);
  if (!made) {
    try {
      made = new Intl.DateTimeFormat('en-US', { ...options, ...(timeZone ? { timeZone } : {}) });
    } catch {
      made = new Intl.DateTimeFormat('en-US', options);
    }
    formats.set(key, made);
  }
  return made;
}
