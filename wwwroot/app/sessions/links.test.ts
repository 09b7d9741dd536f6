import { expect, it } from 'vitest';
import type { RosterPersonRow } from './host';
import { cell, linksCsv } from './links';

it('no cell of the links is a formula', () => {
  for (const bad of ['=1+1', '+1', '-1', '@sum', '\tx', '\rx', '＝1', '＋1'])
    expect(cell(bad).replace(/^"/, '')[0]).toBe("'");
  expect(cell('Tran, Hao')).toBe('"Tran, Hao"');
  expect(cell('say "hello"')).toBe('"say ""hello"""');
  expect(cell('Hao Tran')).toBe('Hao Tran');
});

it('only people whose link was just made are in the table', () => {
  const person = (name: string, link?: string): RosterPersonRow => ({
    person: name,
    name,
    team: 't1',
    teamName: 'Pajaro',
    came: false,
    hasLink: true,
    link,
  });
  expect(linksCsv([person('Hao', 'https://x/i/1'), person('Mei')])).toBe(
    'team,name,e-mail,link\r\nPajaro,Hao,,https://x/i/1\r\n',
  );
});
