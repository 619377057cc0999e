/** Which language is shown: a store of one value, apart from the texts so that formats can use it too. */
export type Language = 'zh-CN' | 'en';

let language: Language = 'en';
const listeners = new Set<() => void>();

export const currentLanguage = () => language;

export const languageStore = {
  set(next: Language) {
    language = next;
    for (const listener of listeners) listener();
  },
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};
