import { expect, test } from 'vitest';
import { Clock } from './clock.svelte';

test('the message that was quickest tells the time best', () => {
  const clock = new Clock(() => 1_000_000);
  clock.heard(new Date(1_004_800).toISOString());
  clock.heard(new Date(1_005_000).toISOString());
  clock.heard(new Date(1_002_000).toISOString());
  expect(clock.offset).toBe(5_000);
  expect(clock.until(1_065_000)).toBe(60_000);
});

test('a device whose clock is set anew is right again after thirty messages', () => {
  let device = 1_000_000;
  const clock = new Clock(() => device);
  clock.heard(new Date(1_005_000).toISOString());
  device = 2_000_000;
  for (let i = 0; i < 30; i++) clock.heard(new Date(2_000_100).toISOString());
  expect(clock.offset).toBe(100);
});

test('a time that cannot be read changes nothing', () => {
  const clock = new Clock(() => 5);
  clock.heard('soon');
  expect(clock.offset).toBe(0);
});
