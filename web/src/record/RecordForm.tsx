/** The form of a record, drawn from its module: sections, inputs of the fields' types, help and problems at each. */
import { Tooltip } from '@mantine/core';
import { ChevronRight, CircleHelp } from 'lucide-react';
import { useState } from 'react';
import type { Field } from '../api/types';
import { fieldTypes, isNone, typeOf } from '../fields';
import { local, t } from '../i18n';
import { fieldLabel, fieldOf } from '../modules/queries';
import { TYPE } from '../modules/system';
import type { FormState } from './form';

type Props = { form: FormState; readOnly: boolean; onSubmit(): void };

export function RecordForm({ form, readOnly, onSubmit }: Props) {
  const type = form.module.record_types?.length ? fieldOf(form.module, TYPE) : undefined;
  return (
    <form
      noValidate
      aria-label={t('record.form')}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {type && (
        <section className="panel type-panel" data-field={TYPE}>
          <span className="muted">{fieldLabel(type)}</span>
          {form.base ? (
            fieldTypes.choice.cell?.(form.get(TYPE), type)
          ) : (
            <fieldTypes.choice.Input
              field={{ ...type, required: true }}
              name={fieldLabel(type)}
              value={form.get(TYPE)}
              required
              onChange={(value) => form.set(TYPE, value)}
              readOnly={readOnly}
            />
          )}
        </section>
      )}
      {sections(form.fields).map(({ heading, fields }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: sections have an order and maybe no name
        <Section key={index} form={form} heading={heading} fields={fields} first={index === 0} readOnly={readOnly} />
      ))}
      <button type="submit" hidden aria-hidden tabIndex={-1} />
    </form>
  );
}

type SectionProps = { form: FormState; heading: string; fields: Field[]; first: boolean; readOnly: boolean };
/** A section of a saved record in which nothing is filled in stays folded, so that what is there is seen at once. */
function Section({ form, heading, fields, first, readOnly }: SectionProps) {
  const [open, setOpen] = useState<boolean>();
  const quiet = Boolean(form.base) && !first && Boolean(heading);
  const wanted = fields.some((field) => !isNone(form.get(field.name)) || form.required(field));
  const wrong = fields.some(({ name }) => Object.keys(form.problems).some((path) => path.split('.')[0] === name));
  const shown = wrong || (open ?? (!quiet || wanted));
  return (
    <section className="panel">
      {heading && (
        <h2>
          {quiet ? (
            <button type="button" className="section-fold" aria-expanded={shown} onClick={() => setOpen(!shown)}>
              <ChevronRight size={14} aria-hidden />
              {heading}
              {!shown && <span className="count">{t('record.unfilled', { n: fields.length })}</span>}
            </button>
          ) : (
            heading
          )}
        </h2>
      )}
      {shown && (
        <div className="fields">
          {fields.map((field) => (
            <FieldInput key={field.name} form={form} field={field} readOnly={readOnly} />
          ))}
        </div>
      )}
    </section>
  );
}

/** Fields in their order, cut where the section changes; line items stand by themselves. */
function sections(fields: Field[]): Array<{ heading: string; fields: Field[] }> {
  const found: Array<{ heading: string; fields: Field[] }> = [];
  for (const field of fields) {
    const heading = typeOf(field).apart ? '' : local(field.group);
    const last = found.at(-1);
    const open = found.find((one) => one.heading === heading && heading !== '');
    if (typeOf(field).apart) found.push({ heading: '', fields: [field] });
    else if (open) open.fields.push(field);
    else if (last && last.heading === heading && !last.fields.some((one) => typeOf(one).apart)) last.fields.push(field);
    else found.push({ heading, fields: [field] });
  }
  return found;
}

function FieldInput({ form, field, readOnly }: { form: FormState; field: Field; readOnly: boolean }) {
  const type = typeOf(field);
  const writable = !readOnly && form.writable(field);
  const help = local(field.help);
  const label = fieldLabel(field);
  const inside = Object.fromEntries(
    Object.entries(form.problems).flatMap(([path, message]) =>
      path.startsWith(`${field.name}.`) ? [[path.slice(field.name.length + 1), message]] : [],
    ),
  );
  const changed = form.base && field.name in form.changes;
  return (
    <div
      className={`field ${type.wide ? 'wide' : ''} ${writable ? '' : 'fixed'} ${changed ? 'changed' : ''}`}
      data-field={field.name}
    >
      <type.Input
        field={field}
        module={form.module.name}
        record={form.values}
        name={label}
        label={
          <>
            {label}
            {help && (
              <Tooltip label={help} multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
                <CircleHelp size={12} className="help" role="img" aria-label={help} />
              </Tooltip>
            )}
          </>
        }
        value={form.get(field.name)}
        before={form.base?.[field.name]}
        onChange={(value) => form.set(field.name, value)}
        error={form.problems[field.name]}
        problems={inside}
        required={writable && form.required(field)}
        readOnly={!writable}
        allowed={form.allowed(field)}
      />
    </div>
  );
}
