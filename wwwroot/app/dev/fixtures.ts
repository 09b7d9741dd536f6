import type { Change, Exercise, HelpView, PersonView, Phase, Snapshot, View, WatchView } from '../contract';
import type { Hub } from '../live/connection';
import { Live } from '../live/live.svelte';
import { memoryKeep } from '../live/keep';

/**
 * One moment of a session, made of views of the contract, for looking at the facilitators' screens without a server. Part of the development gallery
 * only; nothing of it is in what is built for people.
 */
const minute = 60_000;
const start = Date.now() - 26 * minute;
const at = (minutes: number) => new Date(start + minutes * minute).toISOString();
const ago = (minutes: number) => new Date(Date.now() - minutes * minute).toISOString();

const roomNames =
  'Alder,Bay Laurel,Coast Oak,Toyon,Dogwood,Elderberry,Manzanita,Fremontia,Willow,Gray Pine,Hazel,Cedar,Ironwood,Juniper,Lemonade,Redbud,Madrone,Ninebark,Buckeye,Ocotillo,Pinyon,Sycamore,Tule,Torrey,Yucca'.split(
    ',',
  );
const teamNames =
  'Pajaro Youth,Almond Grove,Coachella Palms,Capital Law,Siskiyou,Salinas Bookmobile,Kern Desert,Redwood Law,Bayview Makers,Feather River,Marsh Creek,Mission Street,Eel River,Tule River,Delta Towns,Merced Plains,Sierra Foothill,Channel Islands,Mother Lode,Road 19,Owens Valley,Oak Flat,Imperial Wells,San Gabriel,Harbor Law'.split(
    ',',
  );
const given =
  'Hao,Priya,Teresa,Amara,Walt,Lola,Ed,Mei,Rosalind,Joel,Kim,Abdi,Nell,Grace,Pat,Yolanda,Tom,Akua,Beth,Luz,Dee,Ines,Sam,Cho,Ravi'.split(
    ',',
  );
const family =
  'Tran,Raman,Quiñones,Okafor,Lindqvist,Anaya,Brandt,Sato,Pei,Ortega,Duarte,Warsame,Horvat,Liu,Cowan'.split(',');

const phase = (id: string, type: Phase['type'], label: string, minutes: number, prompt = label): Phase => ({
  id,
  type,
  where: 'room',
  minutes,
  prompt,
  followUps: [],
  warn: [],
  poll: null,
  label,
  perTeam: null,
});

const exercise: Exercise = {
  key: 'community-conversation-practice',
  name: 'Community Conversation (practice)',
  stream: 'exploration',
  purpose: '',
  groupSize: { min: 5, ideal: 6, max: 8 },
  minutes: 31,
  roles: [],
  groundRules: [],
  phases: [
    phase('write', 'silent', 'Quiet writing', 3),
    phase('a_hopes', 'goRound', 'Round: hopes', 10),
    phase('b_concerns', 'open', 'Talk: concerns', 10),
    phase('c_action', 'open', 'Talk: first steps', 8),
  ],
  board: [],
  polls: [],
  observerList: [],
  noteFields: [],
  cases: [],
  transcript: [],
};

const sizes = roomNames.map((_, i) => (i === 9 || i === 20 ? 6 : i === 24 ? 4 : 5));
const people: PersonView[] = [];
const members: string[][] = sizes.map((size, room) =>
  Array.from({ length: size }, (_, seat) => {
    const n = people.length;
    people.push({
      type: 'person',
      person: `p${n}`,
      name: `${given[n % given.length]} ${family[(n * 7 + room) % family.length]}`,
      team: `t${n % 25}`,
      standing: 'in',
      isStaff: false,
      here: true,
    });
    return `p${n}` + (seat < 0 ? '' : '');
  }),
);
const staff: PersonView[] = ['Dolores Ibarra', 'Rosa Mejía', 'Ken Abara'].map((name, i) => ({
  type: 'person',
  person: `s${i}`,
  name,
  team: null,
  standing: 'in',
  isStaff: true,
  here: true,
}));
const late: PersonView = {
  type: 'person',
  person: 'late',
  name: 'Sunita Oberoi',
  team: 't0',
  standing: 'waiting',
  isStaff: false,
  here: true,
};

const watch = (index: number, change: Partial<WatchView> = {}): WatchView => ({
  type: 'watch',
  room: `r${index + 1}`,
  number: index + 1,
  name: roomNames[index]!,
  members: members[index]!,
  visitors: [],
  present: members[index]!.length,
  phase: 'a_hopes',
  phaseEndsAt: new Date(Date.now() + 5.6 * minute).toISOString(),
  stepsBehind: 0,
  lastLine: 'When the power was out, the branch was the only lit window.',
  lastAt: ago((index * 7) % 3 ? 0.2 : 1),
  notes: 6 + ((index * 5) % 10),
  turns: 4,
  help: null,
  endsAt: at(52),
  extraMinutes: 0,
  ...change,
});

const special: Record<number, Partial<WatchView>> = {
  6: { help: 'h7', lastAt: ago(0.1), notes: 9 },
  18: { help: 'h19', present: 4, lastAt: ago(1), notes: 6 },
  22: { present: 2, lastAt: ago(4), notes: 3, lastLine: 'Ruben is alone with Aiko. Three are missing.' },
  3: {
    phase: 'write',
    stepsBehind: 1,
    lastAt: ago(6),
    notes: 14,
    lastLine: 'Still writing; did not go on to the round',
  },
  15: { lastAt: ago(7), notes: 2, lastLine: 'Next question?' },
  11: { help: 'h12', notes: 14 },
  8: { present: 3, notes: 8, lastLine: 'Lola reads the follow-up aloud' },
};
const help = (n: number, room: number, minutes: number, change: Partial<HelpView>): HelpView => ({
  type: 'help',
  help: `h${room}`,
  room: `r${room}`,
  roomName: roomNames[room - 1]!,
  by: 'p1',
  words: null,
  at: ago(minutes),
  state: 'waiting',
  place: n,
  claimedBy: null,
  ...change,
});

const block = (
  id: string,
  title: string,
  kind: string,
  minutes: number,
  planned: number,
  starts: number,
  ends: number,
  state: 'done' | 'now' | 'later',
  rest: object = {},
) => ({
  block: id,
  title,
  kind,
  minutes,
  plannedMinutes: id === 'task' ? 4 : minutes,
  plannedAt: at(planned),
  startsAt: at(starts),
  endsAt: at(ends),
  state,
  text: null,
  poll: null,
  ...rest,
});

const paragraphs =
  'Welcome. Today you practise the kind of conversation that libraries hold with the people they serve, in small rooms, and you look at what it asks of the one who leads it.\n\nWhat you write here is kept. Your room reads it while you talk; the instructors read it afterwards.';
const script =
  'Say who leads today and who helps. Say your name before you speak, and ask others to do the same.\n\nRead the three ways of keeping words aloud, slowly.';

export type Moment = 'gathering' | 'talk' | 'grouping' | 'rooms' | 'recall' | 'ended';

function views(moment: Moment): View[] {
  const inRooms = moment === 'rooms' || moment === 'recall';
  const gathering = moment === 'gathering';
  const talk = moment === 'talk' || moment === 'grouping';
  const ended = moment === 'ended';
  const blocks = inRooms
    ? [
        block('welcome', 'Welcome', 'talk', 4, 0, 0, 4, 'done'),
        block('ready', 'Poll: how ready?', 'poll', 2, 4, 4, 6, 'done'),
        block('task', 'The task', 'talk', 6, 6, 6, 12, 'done'),
        block('practice', 'Practice', 'rooms', 40, 10, 12, 52, 'now'),
        block('report', 'One thing per room', 'report', 8, 50, 52, 60, 'later'),
        block('close', 'Second poll, close', 'close', 2, 58, 60, 62, 'later'),
      ]
    : [
        block('welcome', 'Welcome', 'talk', 4, 24, 24, 24 + 4, talk ? 'done' : 'later', { text: paragraphs }),
        block('ready', 'Poll: how ready?', 'poll', 2, 28, 25, 27, talk ? 'now' : 'later', {
          poll: 'confidence_before',
          text: paragraphs,
        }),
        block('task', 'The task', 'talk', 4, 30, 30, 34, 'later'),
        block('practice', 'Practice', 'rooms', 40, 34, 34, 74, 'later'),
        block('report', 'One thing per room', 'report', 8, 74, 74, 82, 'later'),
        block('close', 'Second poll, close', 'close', 2, 82, 82, 84, 'later'),
      ];
  const all: View[] = [
    {
      type: 'session',
      title: 'Week 1: Learning About Your Community',
      programme: 'Partnership Project Pilot',
      startsAt: at(gathering ? 38 : 0),
      timeZone: 'America/Los_Angeles',
      retentionUntil: at(60 * 24 * 70),
      stage: ended ? 'ended' : gathering ? 'gathering' : 'running',
      startedAt: gathering ? null : at(0),
      endedAt: ended ? at(26) : null,
      facilitators: staff.map((one) => one.name),
    },
    {
      type: 'me',
      person: 's0',
      name: 'Dolores Ibarra',
      standing: 'in',
      isStaff: true,
      isOwner: true,
      consent: 'named',
      mayQuote: false,
      room: 'plenary',
      visiting: null,
      lastRoom: null,
    },
    {
      type: 'plan',
      blocks,
      now: inRooms ? 'practice' : talk ? 'ready' : null,
      pausedAt: null,
      plannedEnd: at(inRooms ? 60 : 84),
      expectedEnd: at(inRooms ? 62 : 84),
    },
    { type: 'script', scripts: { welcome: script, ready: script } },
    {
      type: 'rooms',
      isOpen: inRooms,
      block: inRooms ? 'practice' : null,
      count: inRooms ? 25 : 0,
      openedAt: inRooms ? at(19) : null,
      endsAt: inRooms ? at(52) : null,
      recallEndsAt: moment === 'recall' ? new Date(Date.now() + 48_000).toISOString() : null,
    },
    ...teamNames.map((name, i): View => ({ type: 'team', team: `t${i}`, name })),
    ...staff,
    ...people.map((one, i): View => ({
      ...one,
      ...(gathering
        ? i % 40 === 3
          ? { standing: 'waiting' as const }
          : i % 11 === 5
            ? { standing: 'expected' as const, here: false }
            : {}
        : { here: !(inRooms && [30, 31, 45, 46, 47, 60, 80].includes(i)) }),
    })),
    late,
  ];
  if (talk)
    all.push(
      {
        type: 'poll',
        poll: 'confidence_before',
        room: null,
        kind: 'scale',
        question: 'How ready do you feel to lead one of these conversations?',
        options: ['Not yet', 'A little', 'Halfway there', 'Mostly', 'Ready'],
        votes: 1,
        resultsLive: false,
        isOpen: true,
        openedAt: at(25),
        closedAt: null,
      },
      {
        type: 'tally',
        poll: 'confidence_before',
        answered: 97,
        asked: 126,
        isEnough: true,
        counts: [11, 32, 29, 18, 7],
        mean: 2.8,
        texts: [],
      },
    );
  if (moment === 'grouping') {
    const placed = roomNames.map((name, i) => ({
      room: `r${i + 1}`,
      name: `Room ${i + 1}` || name,
      members: members[i]!,
    }));
    placed[6]!.members = [...placed[6]!.members, ...placed[8]!.members.slice(0, 2)];
    placed[8]!.members = placed[8]!.members.slice(2);
    all.push({ type: 'grouping', rule: 'random', size: 5, seed: 42, rooms: placed, notPlaced: ['late'] });
  }
  if (inRooms)
    all.push(
      { type: 'exercise', exercise },
      ...roomNames.map((_, i) => watch(i, special[i])),
      help(1, 7, 2.1, { words: 'Clock shows two times.' }),
      help(2, 19, 1.1, {}),
      help(0, 12, 3, { state: 'onTheWay', claimedBy: 's1' }),
      help(0, 3, 5, { state: 'done', claimedBy: 's2' }),
    );
  return all;
}

const keyOf = (view: View, n: number): string => `${view.type}:${n}`;

/** A line that answers from the fixture and takes nothing: what is asked is written to the console. */
function hub(moment: Moment): Hub {
  const changes: Change[] = views(moment).map((view, n) => ({ key: keyOf(view, n), view }));
  return {
    start: async () => undefined,
    stop: async () => undefined,
    tell: async () => undefined,
    on: (method, heard) => {
      if (method === 'Heads')
        setInterval(
          () => (heard as (m: object) => void)({ head: 100, archived: 100, now: new Date().toISOString() }),
          1_000,
        );
    },
    onClosed: () => undefined,
    call: async <T>(method: string, message: object) => {
      if (method === 'Act') {
        console.log('asked', message);
        return { kind: 'refused', words: 'This is the gallery: nothing happens here.' } as T;
      }
      const snapshot: Snapshot = {
        session: 'gallery',
        person: 's0',
        isStaff: true,
        head: 100,
        archived: 100,
        now: new Date().toISOString(),
        audiences: [{ audience: 'staff', upTo: 100, whole: true, changes }],
      };
      return snapshot as T;
    },
  };
}

export function liveAt(moment: Moment): Live {
  return new Live({
    session: 'gallery',
    hub: () => hub(moment),
    seat: async () => ({ person: 's0' }),
    keep: memoryKeep(),
    tab: memoryKeep(),
    claim: async () => true,
  });
}
