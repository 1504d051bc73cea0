import { ref, watch, type Ref, type WatchSource } from 'vue';

/** Loads something when the page opens and whenever one of the sources changes; the last question wins. */
export function useLoad<T>(load: () => Promise<T>, ...sources: WatchSource[]) {
  const data = ref<T>() as Ref<T | undefined>;
  const loading = ref(true);
  const error = ref<unknown>(null);
  let turn = 0;

  async function reload(): Promise<void> {
    const mine = ++turn;
    loading.value = true;
    try {
      const answer = await load();
      if (mine !== turn) return;
      data.value = answer;
      error.value = null;
    } catch (problem) {
      if (mine !== turn) return;
      error.value = problem;
    }
    loading.value = false;
  }

  if (sources.length > 0) watch(sources, () => void reload());
  void reload();
  return { data, loading, error, reload };
}
