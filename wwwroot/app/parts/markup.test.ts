import { expect, test } from 'vitest';
import { htmlOf } from './markup';

test('plain words stay plain words', () => {
  expect(htmlOf('  Last bus leaves at 6:10.  ')).toBe('Last bus leaves at 6:10.');
  expect(htmlOf('one\ntwo')).toBe('one<br>two');
  expect(htmlOf('one\n\ntwo')).toBe('<p>one</p><p>two</p>');
  expect(htmlOf('')).toBe('');
});

test('whatever is typed cannot become a tag or leave an attribute', () => {
  expect(htmlOf('<img src=x onerror=alert(1)> & "so"')).toBe('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;so&quot;');
  expect(htmlOf('https://a.org/"onmouseover=x')).not.toMatch(/<a [^>]*onmouseover=/);
  expect(htmlOf('javascript:alert(1)')).toBe('javascript:alert(1)');
});

test('bold, italic, lists and addresses are understood', () => {
  expect(htmlOf('**very** *much*')).toBe('<b>very</b> <i>much</i>');
  expect(htmlOf('2 * 3 * 4')).toBe('2 * 3 * 4');
  expect(htmlOf('- a\n- b')).toBe('<ul><li>a</li><li>b</li></ul>');
  expect(htmlOf('1. a\n2. b')).toBe('<ol><li>a</li><li>b</li></ol>');
  expect(htmlOf('- only one')).toBe('- only one');
  expect(htmlOf('See https://example.org/a?b=1&c=2.')).toBe(
    'See <a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>.',
  );
});
