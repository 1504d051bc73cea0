import { useI18n } from 'vue-i18n';
import { NOTHING } from '@/shared/format';
import { Problem } from '@/shared/http';

/** Fields whose values are codes, and the vocabulary they are of. */
const FIELD_CODES: Record<string, string> = {
  gender: 'gender',
  kind: 'party',
  party_kind: 'party',
  energy: 'energy',
};

/** Words for what the server says: pairs of texts, codes, problems. */
export function useWords() {
  const { t, te, locale } = useI18n({ useScope: 'global' });

  /** One of two texts, by the language in use. */
  function pick(zh: string | null | undefined, en: string | null | undefined): string {
    return (locale.value === 'en' ? (en ?? zh) : zh) ?? NOTHING;
  }

  /** The label of a code of the trade's vocabulary; an unknown code shows as itself. */
  function code(kind: string, value: string | null | undefined): string {
    if (value === null || value === undefined || value === '') return NOTHING;
    const key = `vocab.${kind}.${value}`;
    return te(key) ? t(key) : value;
  }

  /** A customer's field as people read it: codes become words. */
  function fieldText(field: string, value: string | null | undefined): string {
    return code(FIELD_CODES[field] ?? '', value);
  }

  function problemText(error: unknown): string {
    if (error instanceof Problem) return pick(error.zh, error.en);
    return error instanceof Error ? error.message : String(error);
  }

  return { t, te, locale, pick, code, fieldText, problemText };
}
