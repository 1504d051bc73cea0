import { createI18n } from 'vue-i18n';
import { wire } from '@/shared/http';
import app from '@/app/locale';
import auth from '@/features/auth/locale';
import identity from '@/features/identity/locale';
import insight from '@/features/insight/locale';
import intake from '@/features/intake/locale';
import org from '@/features/org/locale';
import overview from '@/features/overview/locale';
import quality from '@/features/quality/locale';
import validity from '@/features/validity/locale';
import shared from '@/shared/locale';
import vocab from '@/shared/vocab';

export type Lang = 'zh' | 'en';

const rooms = { app, auth, identity, insight, intake, org, overview, quality, shared, validity, vocab };

function messages(lang: Lang) {
  return Object.fromEntries(Object.entries(rooms).map(([room, texts]) => [room, texts[lang]]));
}

const STORAGE_KEY = 'forecourt.lang';

function remembered(): Lang {
  return localStorage.getItem(STORAGE_KEY) === 'en' ? 'en' : 'zh';
}

export const i18n = createI18n({
  legacy: false,
  locale: remembered(),
  fallbackLocale: 'zh',
  messages: { zh: messages('zh'), en: messages('en') },
});

wire.lang = remembered();
document.documentElement.lang = wire.lang === 'zh' ? 'zh-CN' : 'en';

/** Switches the language of the console and of the server's answers. */
export function setLang(lang: Lang): void {
  i18n.global.locale.value = lang;
  wire.lang = lang;
  localStorage.setItem(STORAGE_KEY, lang);
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
}
