import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import type { Me } from '@/features/auth/types';
import * as auth from '@/features/auth/api';
import { wire } from '@/shared/http';

/** Who is signed in. The only store: everything else lives in the URL or in its page. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null);
  const asked = ref(false);

  function take(account: Me | null): void {
    me.value = account;
    wire.csrf = account?.csrf ?? '';
    asked.value = true;
  }

  /** Asks the server once whether the cookie of the last visit still holds. */
  async function resume(): Promise<void> {
    if (asked.value) return;
    try {
      take(await auth.me());
    } catch {
      take(null);
    }
  }

  async function signOut(): Promise<void> {
    await auth.signOut().catch(() => undefined);
    take(null);
  }

  const may = (permission: string | undefined): boolean =>
    permission === undefined || (me.value?.permissions.includes(permission) ?? false);

  return { me, take, resume, signOut, may, signedIn: computed(() => me.value !== null) };
});
