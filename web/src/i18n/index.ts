/** Bilingual texts: `t('key', values)` for ours, `local(labels)` for those of modules; zh must have en's keys. */
import { useSyncExternalStore } from 'react';
import en from './en';
import { number } from './format';
import { currentLanguage, type Language, languageStore } from './language';

export type Key = keyof typeof en;
export type Message = string | { one: string; other: string };
export type Messages = Record<Key, Message>;
/** A text that an application or an administrator wrote, in both languages. */
export type Labels = { en?: string | null; 'zh-CN'?: string | null };

const loaders: Record<Language, () => Promise<{ default: Messages }>> = {
  en: async () => ({ default: en }),
  'zh-CN': () => import('./zh'),
};
let messages: Messages = en;

export { currentLanguage, type Language };

/** Loads and shows a language; every component that called `useLanguage` draws itself again. */
export async function setLanguage(next: Language) {
  messages = (await loaders[next]()).default;
  document.documentElement.lang = next;
  languageStore.set(next);
}
let chosen = false;
/** A person chose it: remembered by this browser, and stronger than what the server knows of the person. */
export function chooseLanguage(next: Language) {
  chosen = true;
  remember(next);
  return setLanguage(next);
}
export const languageWasChosen = () => chosen;

const remember = (language: Language) => {
  try {
    localStorage.setItem('qudao.language', language);
  } catch {
    // A browser that forbids storage only forgets the choice.
  }
};

/** What was chosen in this browser before, else what the browser asks for. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem('qudao.language');
  if (stored === 'en' || stored === 'zh-CN') return stored;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

/** Pages and memoised components call this so that a switch redraws them with their state kept. */
export const useLanguage = (): Language => useSyncExternalStore(languageStore.subscribe, currentLanguage);

export type Values = Record<string, string | number>;

export function t(key: Key, values: Values = {}): string {
  const message = messages[key] ?? en[key] ?? key;
  const one = typeof message !== 'string' && new Intl.PluralRules(currentLanguage()).select(Number(values.n)) === 'one';
  const text = typeof message === 'string' ? message : one ? message.one : message.other;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : String(value ?? '');
  });
}

/** The current language's side of a text of a module, or the other side where one is missing. */
export function local(labels: Labels | undefined | null, fallback = ''): string {
  if (!labels) return fallback;
  const [first, second] = currentLanguage() === 'zh-CN' ? [labels['zh-CN'], labels.en] : [labels.en, labels['zh-CN']];
  return first || second || fallback;
}
