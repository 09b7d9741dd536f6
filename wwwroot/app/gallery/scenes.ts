import type { BlockView, Change, Command, Exercise, NoteView, Phase, PhaseType, Snapshot, View } from '../contract';
import type { Hub } from '../live/connection';

/**
 * Scenes for looking at screens without a server, in development only. They go through the same door as the real thing: a hub that answers with
 * snapshots and messages.
 */
const people: [string, string, string][] = [
  ['hao', 'Hao Tran', 'pajaro'],
  ['priya', 'Priya Raman', 'delta'],
  ['teresa', 'Teresa Quiñones', 'kern'],
  ['amara', 'Amara Okafor', 'bayview'],
  ['walt', 'Walt Lindqvist', 'eel'],
  ['ines', 'Ines Barragán', 'pajaro'],
  ['marcus', 'Marcus Kealoha', 'pajaro'],
  ['sunita', 'Sunita Oberoi', 'pajaro'],
];
const teamNames: Record<string, string> = {
  almond: 'Almond Grove Library',
  bayview: 'Bayview Makers Library',
  capital: 'Capital Law Library',
  channel: 'Channel Islands Reading Room',
  coachella: 'Coachella Palms Library',
  delta: 'Delta Towns Library',
  eel: 'Eel River Outreach',
  feather: 'Feather River County',
  harbor: 'Harbor County Law Library',
  imperial: 'Imperial Wells Library',
  kern: 'Kern Desert Libraries',
  marsh: 'Marsh Creek Library',
  merced: 'Merced Plains Library',
  mission: 'Mission Street Branch',
  mother: 'Mother Lode Library',
  oak: 'Oak Flat Branch',
  owens: 'Owens Valley Libraries',
  pajaro: 'Pajaro Youth Library',
  redwood: 'Redwood Coast Law Library',
  road: 'Road 19 Branch',
  salinas: 'Salinas Valley Bookmobile',
  gabriel: 'San Gabriel Foothills',
  sierra: 'Sierra Foothill Readers',
  siskiyou: 'Siskiyou Crossroads',
  tule: 'Tule River Branch',
};

const minute = 60_000;
const start = Date.parse('2026-11-24T18:00:00Z');

function phase(id: string, type: PhaseType, minutes: number, prompt: string, more: Partial<Phase> = {}): Phase {
  return {
    id,
    type,
    where: 'room',
    minutes,
    prompt,
    followUps: [],
    warn: ['half', '1m'],
    poll: null,
    label: null,
    ...more,
  };
}

const exercise: Exercise = {
  key: 'community-conversation-practice',
  name: 'Community Conversation (practice)',
  stream: 'exploration',
  purpose: '',
  groupSize: { min: 5, ideal: 6, max: 8 },
  minutes: 47,
  fullRun: null,
  whenNot: null,
  roles: [
    { key: 'facilitator', title: 'Leads', rotates: 3, hint: null },
    { key: 'note_taker', title: 'Writes', rotates: 3, hint: null },
    { key: 'observer', title: 'Watches', rotates: 3, hint: null },
    { key: 'timekeeper', title: 'Keeps time', rotates: 0, hint: null },
    { key: 'reader', title: 'Reads aloud', rotates: 0, hint: null },
    { key: 'resident', title: 'Speaks as a resident', rotates: 0, hint: null },
  ],
  groundRules: [
    'Speak from your own life.',
    'Leave room for others.',
    'Ask to understand rather than to win.',
    'Disagreeing is fine; belittling is not.',
    'You may pass.',
    'What is written here may be read by instructors.',
  ],
  phases: [
    phase(
      'frame',
      'frame',
      4,
      'You will practise a short version of a conversation libraries hold with residents. Check what is saved and how your name appears before you go.',
    ),
    phase(
      'write',
      'silent',
      3,
      'Without talking, write two notes: something you want life here to offer, and something that weighs on you about this place.',
    ),
    phase(
      'hopes',
      'goRound',
      10,
      'What do you hope this community can be? Tell us about a moment when it felt close to that.',
      { followUps: ['What makes that matter to you?', 'How far are we from it today?'] },
    ),
    phase(
      'concerns',
      'open',
      8,
      'Name the two or three matters that most affect people here. What gets in the way of progress on them?',
      { followUps: ['Who feels it most?', 'What have you seen yourself?'] },
    ),
    phase(
      'swap',
      'rotate',
      1,
      'Rotate: the watcher leads, the leader writes, the writer becomes a resident, a resident watches.',
    ),
    phase('join', 'merge', 5, 'Two rooms become one. Tell the others what you heard.', { label: 'Join Room 13' }),
    phase(
      'readback',
      'report',
      4,
      'Note takers read back the board. Correct it. Mark anything of yours that should stay in this room.',
    ),
    phase('vote', 'poll', 2, 'Give your three dots to what should be heard.', { poll: 'first' }),
    phase('sort', 'boardSort', 4, 'Put kindred notes side by side. Give your three dots to what should be heard.'),
    phase(
      'close',
      'closing',
      6,
      'Leaders first: what did you find hard? Watchers next: one thing to try, then one thing that worked.',
    ),
  ],
  board: [
    ['aspirations', 'Aspirations'],
    ['main', 'Main concerns'],
    ['specific', 'Specific issue concerns'],
    ['barriers', 'What gets in the way'],
    ['actions', 'Actions'],
    ['trust', 'Who people trust'],
    ['questions', 'Questions people have'],
    ['quotes', 'Words worth keeping'],
  ].map(([id, title]) => ({ id: id!, title: title! })),
  polls: [],
  observerList: ['invited a quiet person', 'waited after asking', 'asked for a story', 'stayed neutral'],
  noteFields: [],
  cases: [],
  safety: null,
  groupNote: null,
  transcript: [],
  labelled: null,
};

let rank = 0;
function note(
  column: string,
  text: string,
  colour: NoteView['colour'],
  author: string | null,
  more: Partial<NoteView> = {},
): NoteView {
  rank++;
  return {
    type: 'note',
    note: `n${rank}`,
    room: 'r12',
    column,
    text,
    colour,
    rank,
    author,
    authorName: people.find(([id]) => id === author)?.[1] ?? 'Otter',
    isStandIn: author === null,
    notKept: false,
    isHeld: false,
    isTakenBack: false,
    onlyMine: false,
    at: at(24),
    editedAt: null,
    ...more,
  };
}

const at = (minutes: number) => new Date(start + minutes * minute).toISOString();

function plan(now: number): View {
  const titles: [string, string, number][] = [
    ['Welcome, and how your words are kept', 'talk', 4],
    ['Poll: how ready do you feel?', 'poll', 2],
    ['The task, before you go to a room', 'talk', 4],
    ['Practice conversation in rooms of five', 'rooms', 40],
    ['One thing from each room', 'report', 8],
    ['Close', 'close', 2],
  ];
  let from = 0;
  const blocks = titles.map(([title, kind, minutes], index): BlockView => {
    const block: BlockView = {
      block: `b${index}`,
      title,
      kind,
      minutes,
      plannedMinutes: minutes,
      text: null,
      poll: kind === 'poll' ? 'ready' : null,
      plannedAt: at(from),
      startsAt: at(from),
      endsAt: at(from + minutes),
      state: index < now ? 'done' : index === now ? 'now' : 'later',
    };
    from += minutes;
    return block;
  });
  return {
    type: 'plan',
    blocks,
    now: now >= 0 ? `b${now}` : null,
    pausedAt: null,
    plannedEnd: at(60),
    expectedEnd: at(60),
  };
}

const scale = ['Not yet', 'A little', 'Halfway there', 'Mostly', 'Ready'];
const question = 'How ready do you feel to lead one of these conversations?';

export interface Scene {
  /** Minutes after the beginning. */
  minute: number;
  views: [string, View][];
}

function common(
  block: number,
  room: string,
  stage: 'gathering' | 'running' | 'ended' = 'running',
  more: object = {},
): [string, View][] {
  const teams = Object.entries(teamNames);
  const many = teams.flatMap(([team], index) =>
    team === 'pajaro'
      ? []
      : Array.from({ length: 2 + ((index * 7) % 5) }, (_, seat): [string, string, string] => [
          `${team}${seat}`,
          `${team} ${seat}`,
          team,
        ]),
  );
  return [
    [
      'session',
      {
        type: 'session',
        title: 'Week 1: Learning About Your Community',
        programme: 'Partnership Project Pilot',
        startsAt: at(0),
        timeZone: 'America/Los_Angeles',
        retentionUntil: '2027-01-12',
        stage,
        startedAt: at(0),
        endedAt: stage === 'ended' ? at(60) : null,
        facilitators: ['Dolores Ibarra'],
      },
    ],
    [
      'me',
      {
        type: 'me',
        person: 'hao',
        name: 'Hao Tran',
        team: 'pajaro',
        standing: 'in',
        isStaff: false,
        isOwner: false,
        consent: 'named',
        mayQuote: false,
        room,
        visiting: null,
        lastRoom: null,
        ...more,
      },
    ],
    ['plan', plan(block)],
    [
      'rooms',
      {
        type: 'rooms',
        isOpen: room !== 'plenary',
        block: 'b3',
        count: 25,
        openedAt: at(10),
        endsAt: at(50),
        recallEndsAt: null,
      },
    ],
    ...[...people, ...many].map(([person, name, team], index): [string, View] => [
      `person:${person}`,
      {
        type: 'person',
        person,
        name,
        team,
        standing: 'in',
        isStaff: false,
        here: person !== 'sunita' && index % 23 !== 11,
      },
    ]),
    [
      'person:dolores',
      {
        type: 'person',
        person: 'dolores',
        name: 'Dolores Ibarra',
        team: null,
        standing: 'in',
        isStaff: true,
        here: true,
      },
    ],
    [
      'person:rosa',
      { type: 'person', person: 'rosa', name: 'Rosa Delgado', team: null, standing: 'in', isStaff: true, here: true },
    ],
    ...teams.map(([team, name]): [string, View] => [`team:${team}`, { type: 'team', team, name }]),
  ];
}

function inRoom(index: number, minuteNow: number, more: [string, View][] = [], open = true): [string, View][] {
  const step = exercise.phases[index]!;
  return [
    ...common(3, open ? 'r12' : 'plenary', 'running', open ? {} : { lastRoom: 'r12' }),
    ['exercise', { type: 'exercise', exercise }],
    [
      'room:r12',
      {
        type: 'room',
        room: 'r12',
        number: 12,
        name: 'Cedar',
        members: ['priya', 'hao', 'amara', 'walt', 'teresa'],
        visitors: [],
        isOpen: open,
        endsAt: at(50),
        extraMinutes: 0,
        extendedBy: null,
      },
    ],
    [
      'step:r12',
      {
        type: 'step',
        room: 'r12',
        phase: step.id,
        index,
        startedAt: new Date(start + minuteNow * minute - 4 * minute).toISOString(),
        endsAt: new Date(start + minuteNow * minute - 4 * minute + step.minutes * minute).toISOString(),
        extraMinutes: 0,
        extendedBy: null,
        floor: step.type === 'goRound' ? 'round' : step.type === 'open' ? 'hands' : 'none',
        takesTurns: !['silent', 'poll'].includes(step.type),
      },
    ],
    [
      'roles:r12',
      {
        type: 'roles',
        room: 'r12',
        holders: { facilitator: 'priya', note_taker: 'hao', observer: 'amara', timekeeper: 'walt', reader: 'teresa' },
        next: { facilitator: 'hao' },
        observed: [],
      },
    ],
    ['board:r12', { type: 'board', room: 'r12', isHidden: step.type === 'silent', notes: 14 }],
    ...more,
  ];
}

const turns: [string, View][] = [
  [
    'turn:t1',
    {
      type: 'turn',
      turn: 't1',
      room: 'r12',
      phase: 'hopes',
      speaker: 'priya',
      speakerName: 'Priya Raman',
      isStandIn: false,
      notKept: false,
      writtenBy: 'hao',
      text: 'Hopes people linger downtown after work. The lantern walk last fall: strangers carried each other’s kids.',
      form: 'paraphrase',
      at: at(23),
      isHeld: false,
      earlier: [],
    },
  ],
  ['pass:r12-1', { type: 'pass', number: 1, room: 'r12', phase: 'hopes', person: 'walt', forNow: true, at: at(24) }],
  [
    'turn:t2',
    {
      type: 'turn',
      turn: 't2',
      room: 'r12',
      phase: 'hopes',
      speaker: 'teresa',
      speakerName: 'Teresa Quiñones',
      isStandIn: false,
      notKept: false,
      writtenBy: null,
      text: '“When the power was out, the branch was the only lit window. Nobody asked who you were.”',
      form: 'verbatim',
      at: at(25),
      isHeld: false,
      earlier: [],
    },
  ],
];

function notes(): [string, View][] {
  rank = 0;
  const all = [
    note('aspirations', 'A lit window at nine at night, somewhere that isn’t a shop', 'sun', 'hao'),
    note('aspirations', 'Grandparents and teenagers in one room by choice', 'sage', 'teresa'),
    note('aspirations', 'You can ask for help in your first language', 'bay', null),
    note('main', 'Last bus leaves at 6:10. After that the town is shut.', 'poppy', 'amara'),
    note('main', 'Rents doubled; the young families are going', 'rose', 'walt'),
    note('main', 'Who do you call when the well runs dry?', 'lupine', 'teresa'),
    note('specific', 'The clinic van comes on Tuesdays, when the branch is closed', 'sage', 'amara'),
    note('specific', 'Broadband stops at Road 19', 'bay', 'walt'),
    note('barriers', 'Each agency waits for the other to go first', 'rose', 'priya'),
    note('barriers', 'Meetings at 2 pm, in English, across town', 'lupine', 'hao'),
    note('barriers', 'One grant ends, the trust ends with it', 'sun', 'teresa'),
    note('trust', 'The woman who runs the laundromat', 'sun', 'teresa', { isHeld: true }),
    note('questions', 'Who decided the branch hours?', 'lupine', null),
    note('questions', '', 'rose', 'amara', { isTakenBack: true, editedAt: at(26) }),
    note('quotes', '“Nobody asked who you were.”', 'sun', 'teresa'),
  ];
  return [
    ...all.map((one): [string, View] => [`note:${one.note}`, one]),
    ['mine', { type: 'mine', notes: ['n1', 'n10'], turns: [] }],
  ];
}

const floor: [string, View] = [
  'floor:r12',
  {
    type: 'floor',
    room: 'r12',
    kind: 'round',
    speaking: 'teresa',
    since: at(25),
    line: [
      ['teresa', 'speaking', 0],
      ['hao', 'waiting', 0],
      ['amara', 'waiting', 0],
      ['walt', 'passedForNow', 0],
      ['priya', 'hasSpoken', 1],
    ].map(([person, state, heard]) => ({ person: String(person), state: state as 'waiting', heard: Number(heard) })),
  },
];

const poll = (more: object): [string, View] => [
  'poll:ready',
  {
    type: 'poll',
    poll: 'ready',
    room: null,
    kind: 'scale',
    question,
    options: scale,
    votes: 1,
    resultsLive: false,
    isOpen: true,
    openedAt: at(4),
    closedAt: null,
    ...more,
  },
];

export const scenes: Record<string, () => Scene> = {
  waiting: () => ({
    minute: -4,
    views: common(-1, 'plenary', 'gathering', { standing: 'waiting' }).filter(([key]) => !/^(person|team)/.test(key)),
  }),
  lobby: () => ({ minute: -4, views: common(-1, 'plenary', 'gathering') }),
  plenary: () => ({ minute: 7, views: common(2, 'plenary') }),
  poll: () => ({ minute: 5, views: [...common(1, 'plenary'), poll({})] }),
  dots: () => ({
    minute: 5,
    views: [
      ...common(1, 'plenary'),
      poll({
        kind: 'dots',
        votes: 3,
        question: 'Which partners first?',
        options: ['Clinic', 'Bus company', 'Tribal council', 'Food bank'],
      }),
    ],
  }),
  rag: () => ({
    minute: 5,
    views: [
      ...common(1, 'plenary'),
      poll({
        kind: 'rag',
        question: 'Could a new colleague act on this clause?',
        options: ['Green: yes, as it stands', 'Amber: after a question or two', 'Red: no'],
      }),
    ],
  }),
  text: () => ({
    minute: 5,
    views: [...common(1, 'plenary'), poll({ kind: 'text', question: 'One word for today?', options: [] })],
  }),
  multi: () => ({
    minute: 5,
    views: [
      ...common(1, 'plenary'),
      poll({
        kind: 'multi',
        question: 'Which have you done?',
        options: ['Held a conversation', 'Taken notes', 'Watched one'],
      }),
    ],
  }),
  result: () => ({
    minute: 6,
    views: [
      ...common(1, 'plenary'),
      poll({ isOpen: false, closedAt: at(6) }),
      [
        'tally:ready',
        {
          type: 'tally',
          poll: 'ready',
          answered: 118,
          asked: 121,
          isEnough: true,
          counts: [14, 37, 41, 19, 7],
          mean: 2.7,
          texts: [],
        },
      ],
      ['ballot:ready', { type: 'ballot', poll: 'ready', ballot: { choices: [1], text: null } }],
    ],
  }),
  few: () => ({
    minute: 6,
    views: [
      ...common(1, 'plenary'),
      poll({ isOpen: false, closedAt: at(6) }),
      [
        'tally:ready',
        { type: 'tally', poll: 'ready', answered: 3, asked: 5, isEnough: false, counts: [], mean: null, texts: [] },
      ],
    ],
  }),
  room: () => ({
    minute: 26,
    views: [
      ...inRoom(2, 26, [...turns, ...notes(), floor]),
      [
        'help:h1',
        {
          type: 'help',
          help: 'h1',
          room: 'r12',
          roomName: 'Cedar',
          by: 'hao',
          words: null,
          at: at(25),
          state: 'onTheWay',
          place: 0,
          claimedBy: 'rosa',
        },
      ],
    ],
  }),
  frame: () => ({ minute: 12, views: inRoom(0, 12) }),
  silent: () => ({
    minute: 20,
    views: inRoom(1, 20 + 3, [
      ...notes()
        .filter(([key]) => ['note:n1', 'note:n2', 'note:n4'].includes(key))
        .map(([key, view]): [string, View] => [key, { ...(view as NoteView), onlyMine: true }]),
      ['mine', { type: 'mine', notes: ['n1', 'n2', 'n4'], turns: [] }],
    ]),
  }),
  open: () => ({
    minute: 30,
    views: inRoom(3, 30, [
      ...turns,
      ...notes(),
      ['floor:r12', { type: 'floor', room: 'r12', kind: 'hands', speaking: null, since: null, line: [] }],
    ]),
  }),
  rotate: () => ({ minute: 30, views: inRoom(4, 30, notes()) }),
  merge: () => ({ minute: 30, views: inRoom(5, 30, [...turns, ...notes()]) }),
  report: () => ({ minute: 40, views: inRoom(6, 40, [...turns, ...notes()]) }),
  vote: () => ({
    minute: 40,
    views: inRoom(7, 40, [
      ...notes(),
      [
        'poll:first',
        {
          type: 'poll',
          poll: 'first',
          room: 'r12',
          kind: 'dots',
          question: 'Which should be heard?',
          options: ['A lit window at nine', 'Last bus leaves at 6:10', 'Rents doubled'],
          votes: 3,
          resultsLive: false,
          isOpen: true,
          openedAt: at(39),
          closedAt: null,
        },
      ],
    ]),
  }),
  sort: () => ({ minute: 47, views: inRoom(8, 47, [...turns, ...notes()]) }),
  close: () => ({ minute: 50, views: inRoom(9, 50, [...turns, ...notes()]) }),
  recall: () => ({
    minute: 49,
    views: inRoom(9, 49, [...turns, ...notes()]).map(([key, view]): [string, View] =>
      key === 'rooms' ? [key, { ...view, recallEndsAt: at(49.6) } as View] : [key, view],
    ),
  }),
  closed: () => ({ minute: 52, views: inRoom(9, 50, [...turns, ...notes()], false) }),
  ended: () => ({ minute: 61, views: common(6, 'plenary', 'ended', { lastRoom: 'r12' }) }),
};

/** A hub that knows one scene and accepts whatever it is asked. */
export function sceneHub(scene: Scene): Hub {
  const heard = new Map<string, (message: never) => void>();
  let head = 100;
  const now = () => new Date(start + scene.minute * minute).toISOString();
  const say = (method: string, message: object) => heard.get(method)?.(message as never);
  const show = (...changes: Change[]) => say('Show', { audience: 'scene', after: head, upTo: ++head, changes });
  const happen = (command: Command) => {
    if (command.type === 'addNote') {
      const made = note(command.column, command.text, command.colour, 'hao', {
        note: command.note,
        rank: head,
        onlyMine: scene.views.some(([, view]) => view.type === 'board' && view.isHidden),
      });
      scene.views.push([`note:${made.note}`, made]);
      show({ key: `note:${made.note}`, view: made });
    } else if (command.type === 'moveNote' || command.type === 'editNote' || command.type === 'takeBackNote') {
      const found = scene.views.find(([key]) => key === `note:${command.note}`);
      if (!found) return;
      const before = found[1] as NoteView;
      const next =
        command.type === 'moveNote' && command.before
          ? (scene.views.find(([key]) => key === `note:${command.before}`)?.[1] as NoteView)
          : null;
      found[1] =
        command.type === 'moveNote'
          ? { ...before, column: command.column, rank: next ? next.rank - 0.5 : head }
          : command.type === 'editNote'
            ? { ...before, text: command.text ?? before.text, colour: command.colour ?? before.colour, editedAt: now() }
            : { ...before, isTakenBack: true, text: '', editedAt: now() };
      show({ key: found[0], view: found[1] });
    } else if (command.type === 'castBallot')
      show({ key: `ballot:${command.poll}`, view: { type: 'ballot', poll: command.poll, ballot: command.ballot } });
    else if (command.type === 'writeTurn')
      show({
        key: `turn:${command.turn}`,
        view: {
          type: 'turn',
          turn: command.turn,
          room: 'r12',
          phase: String((scene.views.find(([key]) => key.startsWith('step'))?.[1] as { phase?: string })?.phase),
          speaker: command.speaker,
          speakerName: people.find(([id]) => id === command.speaker)?.[1] ?? '',
          isStandIn: false,
          notKept: false,
          writtenBy: 'hao',
          text: command.text,
          form: command.form,
          at: now(),
          isHeld: false,
          earlier: [],
        },
      });
  };
  return {
    start: async () => undefined,
    stop: async () => undefined,
    tell: async () => undefined,
    on: (method, told) => void heard.set(method, told),
    onClosed: () => undefined,
    call: async <T>(method: string, message: object): Promise<T> => {
      if (method === 'Act') {
        setTimeout(() => happen((message as { command: Command }).command), 60);
        return { kind: 'accepted', position: head } as T;
      }
      const snapshot: Snapshot = {
        session: 'scene',
        person: 'hao',
        isStaff: false,
        head,
        archived: head,
        now: now(),
        audiences: [
          { audience: 'scene', upTo: head, whole: true, changes: scene.views.map(([key, view]) => ({ key, view })) },
        ],
      };
      return snapshot as T;
    },
  };
}
