import { expect, test, vi } from 'vitest';
import { memoryKeep, type Keep } from './keep';
import { Outbox, type OutboxOptions, type Send } from './outbox.svelte';
import type { Answer, Command } from './wire';

const say = (type: string) => ({ type }) as unknown as Command;

/** A server that remembers the last number of each instance, as the real one does. */
function server() {
  const last = new Map<string, number>();
  const took: string[] = [];
  let up = true;
  let loseAnswers = 0;
  const send: Send = async ({ instance, number, command }) => {
    await Promise.resolve();
    if (!up) throw new Error('down');
    let answer: Answer;
    if (number <= (last.get(instance) ?? 0)) answer = { kind: 'alreadySo' };
    else {
      last.set(instance, number);
      if (command.type.startsWith('bad')) answer = { kind: 'refused', reason: 'no', words: 'Not now.' };
      else {
        took.push(command.type);
        answer = { kind: 'accepted', position: took.length };
      }
    }
    if (loseAnswers > 0) {
      loseAnswers--;
      up = false;
      throw new Error('line broke before the answer');
    }
    return answer;
  };
  return {
    send,
    took,
    last,
    down: () => (up = false),
    up: () => (up = true),
    loseNextAnswer: () => loseAnswers++,
  };
}

async function outbox(send: Send, keep: Keep, tab: Keep, more: Partial<OutboxOptions> = {}) {
  const made = new Outbox({ session: 's', keep, tab, send, ...more });
  await made.begin();
  return made;
}

test('commands are sent in order and answered', async () => {
  const there = server();
  const box = await outbox(there.send, memoryKeep(), memoryKeep());
  box.open();
  const answers = await Promise.all([box.ask(say('a')), box.ask(say('bad')), box.ask(say('c'))]);
  expect(answers.map((one) => one.kind)).toEqual(['accepted', 'refused', 'accepted']);
  expect(there.took).toEqual(['a', 'c']);
  await box.settled();
  expect(box.waiting).toHaveLength(0);
});

test('a command asked while the line is down waits on the device and is sent when it is back', async () => {
  const there = server();
  const keep = memoryKeep();
  const box = await outbox(there.send, keep, memoryKeep());
  const answer = box.ask(say('a'));
  expect(
    keep
      .keys('ls:outbox:s:')
      .map((key) => keep.get(key))
      .join(),
  ).toContain('"a"');
  expect(there.took).toEqual([]);
  box.open();
  expect((await answer).kind).toBe('accepted');
});

test('an answer that was lost is asked for again with the same number, and nothing is taken twice', async () => {
  const there = server();
  const box = await outbox(there.send, memoryKeep(), memoryKeep());
  box.open();
  there.loseNextAnswer();
  const first = box.ask(say('a'));
  const second = box.ask(say('b'));
  await new Promise((wait) => setTimeout(wait, 20));
  box.close();
  there.up();
  await box.settled();
  box.open();
  expect((await first).kind).toBe('alreadySo');
  expect((await second).kind).toBe('accepted');
  expect(there.took).toEqual(['a', 'b']);
});

test('a reload keeps the instance, the numbers and what was waiting', async () => {
  const there = server();
  const [keep, tab] = [memoryKeep(), memoryKeep()];
  const before = await outbox(there.send, keep, tab);
  before.open();
  await before.ask(say('a'));
  before.close();
  void before.ask(say('b'));
  const after = await outbox(there.send, keep, tab);
  expect(after.instance).toBe(before.instance);
  expect(after.waiting.map((one) => one.command.type)).toEqual(['b']);
  after.open();
  await after.ask(say('c'));
  expect(there.took).toEqual(['a', 'b', 'c']);
  expect(there.last.get(after.instance)).toBe(3);
});

test('a second tab is another instance, and its numbers are its own', async () => {
  const there = server();
  const keep = memoryKeep();
  const taken = new Set<string>();
  const claim = async (instance: string) => !taken.has(instance) && !!taken.add(instance);
  const first = memoryKeep();
  const one = await outbox(there.send, keep, first, { claim });
  const copied = memoryKeep();
  copied.set('ls:instance:s', first.get('ls:instance:s')!);
  const two = await outbox(there.send, keep, copied, { claim });
  expect(two.instance).not.toBe(one.instance);
});

test('what a closed tab left behind is sent first, under its own instance', async () => {
  const there = server();
  const keep = memoryKeep();
  const gone = await outbox(there.send, keep, memoryKeep());
  void gone.ask(say('left'));
  const refused: string[] = [];
  void gone.ask(say('bad'));
  const box = await outbox(there.send, keep, memoryKeep(), { onRefused: (command) => refused.push(command.type) });
  box.open();
  await box.ask(say('mine'));
  expect(there.took).toEqual(['left', 'mine']);
  expect(there.last.get(gone.instance)).toBe(2);
  expect(refused).toEqual(['bad']);
  expect(keep.keys('ls:outbox:s:')).toEqual([`ls:outbox:s:${box.instance}`]);
});

test('an instance whose record is lost is not used again, because its numbers would be taken for resends', async () => {
  const there = server();
  const tab = memoryKeep();
  const before = await outbox(there.send, memoryKeep(), tab);
  before.open();
  await before.ask(say('a'));
  const after = await outbox(there.send, memoryKeep(), tab);
  after.open();
  expect((await after.ask(say('b'))).kind).toBe('accepted');
  expect(after.instance).not.toBe(before.instance);
});

test('a command that the server can never take does not hold up the others', async () => {
  const send: Send = async ({ command }) => {
    if ((command.type as string) === 'poison') throw new Error('cannot read this');
    return { kind: 'accepted' };
  };
  const box = await outbox(send, memoryKeep(), memoryKeep());
  box.open();
  const [first, second] = await Promise.all([box.ask(say('poison')), box.ask(say('fine'))]);
  expect(first.kind).toBe('refused');
  expect(second.kind).toBe('accepted');
}, 20_000);

test('what the server cannot save now is sent again for as long as it takes', async () => {
  vi.useFakeTimers();
  try {
    let sent = 0;
    const send: Send = async () => {
      if (++sent <= 40)
        throw new Error(
          "An unexpected error occurred invoking 'Act' on the server. HubException: This could not be saved yet.",
        );
      return { kind: 'accepted', position: 1 };
    };
    const box = await outbox(send, memoryKeep(), memoryKeep());
    box.open();
    const answer = box.ask(say('a'));
    await vi.advanceTimersByTimeAsync(300_000);
    expect((await answer).kind).toBe('accepted');
    expect(sent).toBe(41);
  } finally {
    vi.useRealTimers();
  }
});

test('a broken record on the device is passed over', async () => {
  const there = server();
  const [keep, tab] = [memoryKeep(), memoryKeep()];
  keep.set('ls:outbox:s:broken', '{"next":');
  tab.set('ls:instance:s', 'broken');
  const box = await outbox(there.send, keep, tab);
  box.open();
  expect((await box.ask(say('a'))).kind).toBe('accepted');
});
