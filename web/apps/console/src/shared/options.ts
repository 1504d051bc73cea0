import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import { useSession } from '@/shared/session';
import { useWords } from '@/shared/words';

/** Choices for filters: the stores in scope, and the codes of the trade's vocabulary. */
export function useOptions() {
  const session = useSession();
  const { tm } = useI18n({ useScope: 'global' });
  const { code } = useWords();

  const stores = computed(() =>
    (session.me?.stores ?? []).map((store) => ({ value: String(store.store_id), label: store.short_name })),
  );

  /** All codes of a kind, or the given ones, with their labels. */
  function codes(kind: string, only?: string[]) {
    const known = only ?? Object.keys(tm(`vocab.${kind}`) as object);
    return known.map((value) => ({ value, label: code(kind, value) }));
  }

  return { stores, codes };
}
