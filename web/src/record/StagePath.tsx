/** The stages of a record as a path; a press on one moves the record there. */
import { Check } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { local, t } from '../i18n';
import { fieldLabel } from '../modules/queries';
import type { FormState } from './form';

/** Ends beside the path, such as cancelled: what lies before them on the list was not gone through. */
const ENDS = ['red', 'gray'];

type Props = { form: FormState; disabled: boolean; onMoved(): void };

export function StagePath({ form, disabled, onMoved }: Props) {
  const field = form.fields.find(({ stage }) => stage);
  const current = useRef<HTMLLIElement>(null);
  const code = field && form.get(field.name);
  // biome-ignore lint/correctness/useExhaustiveDependencies: where the record stands is in sight, also on a phone
  useEffect(() => {
    // Some browsers answer with a promise, which an effect must not.
    current.current?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [code]);
  if (!field?.options) return null;
  const allowed = form.allowed(field);
  const options = field.options.filter(({ code }) => !allowed || allowed.includes(code));
  const now = options.findIndex((option) => option.code === code);
  const gone = ENDS.includes(options[now]?.color ?? '') ? 0 : now;
  const fixed = disabled || !form.writable(field);
  return (
    <ol className="stages" aria-label={fieldLabel(field)}>
      {options.map(({ code, labels, color }, index) => {
        const state = index < gone ? 'past' : index === now ? `now tag-${color ?? 'blue'}` : 'open';
        return (
          <li
            key={code}
            ref={index === now ? current : undefined}
            className={`stage ${state}`}
            aria-current={index === now ? 'step' : undefined}
          >
            <button
              type="button"
              disabled={fixed || index === now}
              title={fixed || index === now ? undefined : t('stage.move', { name: local(labels, code) })}
              onClick={() => {
                const clean = !form.dirty;
                form.set(field.name, code);
                // With other changes open, the stage is saved together with them.
                if (clean) onMoved();
              }}
            >
              {index < gone && <Check size={12} aria-hidden />}
              {local(labels, code)}
            </button>
          </li>
        );
      })}
    </ol>
  );
}
