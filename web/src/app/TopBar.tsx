/** The bar at the top: search, create, how live the page is, language, light or dark, and who is signed in. */
import {
  ActionIcon,
  Button,
  Menu,
  Tooltip,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { LogOut, Menu as MenuIcon, Moon, Plus, Search, Sun } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { keysText } from '../actions';
import { live } from '../api/live';
import { signOut, useMe } from '../api/session';
import { t, useLanguage } from '../i18n';
import { Face } from '../modules/Face';
import { ModuleIcon } from '../modules/ModuleIcon';
import { may, moduleSingular, useCatalog } from '../modules/queries';
import { Logo } from './Logo';
import { menuGroups } from './menu';
import { switchLanguage } from './shellActions';

type Props = { phone: boolean; onFind(): void; onMenu(): void };

export function TopBar({ phone, onFind, onMenu }: Props) {
  return (
    <header className="top">
      {phone && (
        <>
          <ActionIcon variant="subtle" color="gray" size={36} aria-label={t('shell.modules')} onClick={onMenu}>
            <MenuIcon size={18} />
          </ActionIcon>
          <Logo size={22} />
          <span className="spring" />
        </>
      )}
      {phone ? (
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={t('shell.find')} onClick={onFind}>
          <Search size={18} />
        </ActionIcon>
      ) : (
        <UnstyledButton className="find" onClick={onFind}>
          <Search size={14} aria-hidden />
          <span>{t('shell.find')}</span>
          <kbd>{keysText('mod+k')}</kbd>
        </UnstyledButton>
      )}
      <span className={phone ? '' : 'spring'} />
      <LiveMark />
      {!phone && <CreateMenu />}
      <LanguageSwitch />
      <SchemeSwitch />
      <PersonMenu />
    </header>
  );
}

/** Says only when changes of others do not arrive; a quiet dot otherwise. */
function LiveMark() {
  const state = useSyncExternalStore(live.subscribe, live.get);
  const text = t(`live.${state}`);
  return (
    <Tooltip label={text}>
      <span className="live" data-state={state} role="status" aria-label={text} />
    </Tooltip>
  );
}

function CreateMenu() {
  const navigate = useNavigate();
  const groups = menuGroups(useCatalog()).filter(({ name }) => name !== 'setup');
  const open = groups
    .flatMap(({ modules }) => modules)
    .filter((module) => module.rights?.create === true || (may(module, 'create') && !module.system));
  if (open.length === 0) return null;
  return (
    <Menu shadow="md" position="bottom-end" width={200}>
      <Menu.Target>
        <Button size="compact-sm" h={30} variant="default" leftSection={<Plus size={14} />}>
          {t('shell.create')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {open.slice(0, 14).map((module) => (
          <Menu.Item
            key={module.name}
            leftSection={<ModuleIcon name={module.icon} size={15} />}
            onClick={() => navigate({ to: '/m/$module/new', params: { module: module.name } })}
          >
            {moduleSingular(module)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function LanguageSwitch({ onChoose = switchLanguage }: { onChoose?: (next: 'zh-CN' | 'en') => void }) {
  const language = useLanguage();
  const other = language === 'en' ? 'zh-CN' : 'en';
  return (
    <Button variant="subtle" color="gray" size="compact-sm" h={30} lang={other} onClick={() => onChoose(other)}>
      {other === 'en' ? 'English' : '中文'}
    </Button>
  );
}

export function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  const label = t(dark ? 'shell.light' : 'shell.dark');
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        aria-label={label}
        onClick={() => setColorScheme(dark ? 'light' : 'dark')}
      >
        {dark ? <Sun size={16} /> : <Moon size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}

function PersonMenu() {
  const { user } = useMe();
  const navigate = useNavigate();
  return (
    <Menu shadow="md" position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton className="me" aria-label={t('shell.person', { name: user.name })}>
          <Face name={user.name} size={28} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className="me-text">
          <strong>{user.name}</strong>
          <span>{user.email}</span>
          {user.partner?.title && <span>{user.partner.title}</span>}
        </div>
        <Menu.Divider />
        <Menu.Item onClick={() => navigate({ to: '/m/$module/$id', params: { module: 'user', id: String(user.id) } })}>
          {t('shell.profile')}
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={14} />} onClick={signOut}>
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
