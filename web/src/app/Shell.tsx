/** What stands around every page: the rail of modules, the bar at the top, and on a phone a bar at the bottom. */
import { Drawer } from '@mantine/core';
import { useDisclosure, useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useActions, useKeys } from '../actions';
import { useReachable } from '../api/session';
import { t, useLanguage } from '../i18n';
import { BottomBar } from './BottomBar';
import { Palette } from './Palette';
import { Rail } from './Rail';
import { useShellActions } from './shellActions';
import { TopBar } from './TopBar';
import './shell.css';

export function Shell() {
  useLanguage();
  useKeys();
  const phone = useMediaQuery('(max-width: 800px)', false, { getInitialValueInEffect: false });
  const [folded, setFolded] = useLocalStorage({
    key: 'qudao.rail',
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const [menu, drawer] = useDisclosure();
  const [palette, find] = useDisclosure();
  const { pathname } = useLocation();
  const reachable = useReachable();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the drawer
  useEffect(drawer.close, [pathname]);
  const actions = useShellActions({ openPalette: find.open, toggleRail: () => setFolded(!folded) });
  useActions(actions);

  return (
    <div className="shell" data-folded={folded || undefined}>
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      {!phone && <Rail folded={folded} onFold={() => setFolded(!folded)} />}
      <div className="shell-page">
        <TopBar onFind={find.open} phone={phone} onMenu={drawer.open} />
        {!reachable && (
          <div className="offline" role="status">
            {t('shell.offline')}
          </div>
        )}
        <main id="main" className="main" tabIndex={-1}>
          <Outlet />
        </main>
        {phone && <BottomBar onMenu={drawer.open} onFind={find.open} />}
      </div>
      <Drawer
        opened={menu}
        onClose={drawer.close}
        size={288}
        padding={0}
        title={t('shell.modules')}
        classNames={{ header: 'drawer-head' }}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        <Rail folded={false} />
      </Drawer>
      <Palette opened={palette} onClose={find.close} />
    </div>
  );
}
