import { beforeAll, expect, it, vi } from 'vitest';

beforeAll(() => {
  vi.stubGlobal('location', { pathname: '/signin', search: '' });
  vi.stubGlobal('document', { addEventListener: () => undefined });
  vi.stubGlobal('addEventListener', () => undefined);
});

it('after signing in one goes to a place of this site and nowhere else', async () => {
  const { afterwards } = await import('./account');
  const next = (to: string) => afterwards(`?next=${encodeURIComponent(to)}`);
  expect(next('/review/abc')).toBe('/review/abc');
  expect(next('//elsewhere.example')).toBe('/host');
  expect(next('/\\elsewhere.example')).toBe('/host');
  expect(next('https://elsewhere.example')).toBe('/host');
  expect(next('javascript:alert(1)')).toBe('/host');
  expect(afterwards('')).toBe('/host');
});
