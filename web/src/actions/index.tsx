/** Every action of the person is one object; buttons, keys, the palette and the list of keys all come from it. */
import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { LucideIcon } from 'lucide-react';
import { useEffect, useId, useRef } from 'react';

export type Action = {
  name: string;
  label: string;
  icon?: LucideIcon;
  /** "mod+s", "n", "/" – mod is ⌘ on a Mac and Ctrl elsewhere. */
  keys?: string;
  keywords?: string;
  disabled?: boolean;
  busy?: boolean;
  perform(): void;
};

const registered = new Map<string, { current: Action[] }>();

/** The actions exist as long as the component does. */
export function useActions(actions: Action[]) {
  const id = useId();
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    registered.set(id, latest);
    return () => {
      registered.delete(id);
    };
  }, [id]);
}
/** What can be done now; what the page offers comes before what is offered everywhere. */
export const allActions = (): Action[] =>
  [...registered.values()].reverse().flatMap(({ current }) => current.filter(({ disabled }) => !disabled));

const mac = /Mac|iP(hone|ad)/.test(navigator.platform);
const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

function fits(event: KeyboardEvent, keys: string) {
  const parts = keys.split('+');
  const key = parts.at(-1) ?? '';
  const mod = mac ? event.metaKey : event.ctrlKey;
  if (parts.includes('mod') !== mod || (!parts.includes('shift') && event.shiftKey && key.length > 1)) return false;
  return event.key.toLowerCase() === key && (mod || !typing(event.target)) && !event.altKey;
}

/** Performs the action whose keys were pressed; the shell listens with it once. */
export function useKeys() {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const dialog = document.querySelector('[role="dialog"][aria-modal="true"]');
      const action = allActions().find(({ keys }) => keys && fits(event, keys) && (!dialog || keys.startsWith('mod')));
      if (!action) return;
      event.preventDefault();
      action.perform();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}

const NAMES: Record<string, string> = { mod: mac ? '⌘' : 'Ctrl', shift: '⇧', enter: '↵', escape: 'Esc' };
export const keysText = (keys: string) =>
  keys
    .split('+')
    .map((key) => NAMES[key] ?? key.toUpperCase())
    .join(mac ? '' : '+');

export function ActionButton({ action, ...props }: { action: Action } & ButtonProps) {
  const Icon = action.icon;
  return (
    <Tooltip label={action.keys && keysText(action.keys)} disabled={!action.keys} openDelay={600}>
      <Button
        leftSection={Icon && <Icon size={15} />}
        disabled={action.disabled}
        loading={action.busy}
        onClick={action.perform}
        {...props}
      >
        {action.label}
      </Button>
    </Tooltip>
  );
}
