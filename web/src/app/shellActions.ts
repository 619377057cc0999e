/** What can be done from every page. */
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { Languages, LogOut, Moon, PanelLeft, Search, Sun } from 'lucide-react';
import type { Action } from '../actions';
import { api } from '../api/client';
import { signOut } from '../api/session';
import { chooseLanguage, currentLanguage, t } from '../i18n';
import { queryClient } from './queryClient';

/** Shows the other language at once and keeps it with the person; texts of modules come in both already. */
export async function switchLanguage(next: 'zh-CN' | 'en') {
  await chooseLanguage(next);
  try {
    await api('PATCH /me', { body: { locale: next } });
  } catch {
    // The choice still holds in this browser.
  }
  // Messages that the server wrote are in the language of the call.
  queryClient.invalidateQueries({ queryKey: ['query'] });
}

export function useShellActions({ openPalette, toggleRail }: { openPalette(): void; toggleRail(): void }): Action[] {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  const chinese = currentLanguage() === 'zh-CN';
  return [
    { name: 'find', label: t('shell.find'), icon: Search, keys: 'mod+k', perform: openPalette },
    { name: 'rail', label: t('shell.fold'), icon: PanelLeft, keys: 'mod+b', perform: toggleRail },
    {
      name: 'language',
      label: chinese ? 'English' : '中文',
      keywords: 'language 语言 English 中文',
      icon: Languages,
      perform: () => switchLanguage(chinese ? 'en' : 'zh-CN'),
    },
    {
      name: 'dark',
      label: t(dark ? 'shell.light' : 'shell.dark'),
      keywords: 'dark light theme 深色 浅色',
      icon: dark ? Sun : Moon,
      perform: () => setColorScheme(dark ? 'light' : 'dark'),
    },
    { name: 'signOut', label: t('shell.signOut'), icon: LogOut, perform: signOut },
  ];
}
