import { describe, expect, it } from 'vitest';
import { SCREENS } from '@/app/routes';
import { i18n } from '@/shared/i18n';

type Texts = { [key: string]: string | Texts };

function keys(texts: Texts, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, text]) =>
    typeof text === 'string' ? [`${prefix}${key}`] : keys(text, `${prefix}${key}.`),
  );
}

describe('the two languages', () => {
  const { zh, en } = i18n.global.messages.value as unknown as { zh: Texts; en: Texts };

  it('have the same keys', () => {
    expect(keys(en).sort()).toEqual(keys(zh).sort());
  });

  it('use the same placeholders', () => {
    const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1]).sort();
    const flat = (texts: Texts): [string, string][] =>
      Object.entries(texts).flatMap(([key, text]) =>
        typeof text === 'string'
          ? [[key, text] as [string, string]]
          : flat(text).map(([inner, value]) => [`${key}.${inner}`, value] as [string, string]),
      );
    const english = new Map(flat(en));
    for (const [key, text] of flat(zh))
      expect([key, holes(english.get(key) ?? '')]).toEqual([key, holes(text)]);
  });

  it('name every screen', () => {
    const titles = Object.keys((zh['app'] as Texts)['screen'] as Texts);
    expect(SCREENS.map((screen) => screen.name).filter((name) => !titles.includes(name))).toEqual([]);
  });
});
