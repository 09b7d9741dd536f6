import type { PollView, TallyView } from '../contract';
import { counted, spelled } from '../parts/words';
import { kinds } from './kinds';

/** The result in sentences, for whoever does not look at bars. */
export function told(poll: PollView, tally: TallyView, chosen: readonly number[]): string {
  const many = `${tally.answered} of ${counted(tally.asked, 'person', 'people')} answered.`;
  if (!tally.isEnough) return `${many} A result is shown only when five or more answer.`;
  const sentences = [many];
  const answer = (index: number) => kinds[poll.kind]?.answer(poll, index) ?? poll.options[index] ?? '';
  if (tally.counts.length) {
    const most = Math.max(...tally.counts);
    const first = tally.counts.flatMap((count, index) => (count === most ? [index] : []));
    if (most > 0 && first.length === 1) sentences.push(`The most common answer was ${answer(first[0]!)}.`);
    else if (most > 0 && first.length === 2)
      sentences.push(`Most common, equally: ${answer(first[0]!)}; ${answer(first[1]!)}.`);
    if (poll.kind === 'scale') {
      const low = (tally.counts[0] ?? 0) + (tally.counts[1] ?? 0);
      if (low > 0) sentences.push(`${spelled(low)} ${low === 1 ? 'person' : 'people'} chose 1 or 2.`);
    }
  }
  if (chosen.length === 1) sentences.push(`You chose ${poll.kind === 'scale' ? chosen[0]! + 1 : answer(chosen[0]!)}.`);
  return sentences.join(' ');
}
