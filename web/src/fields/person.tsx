/** A user of the system. */

import { Face } from '../modules/Face';
import { isHidden, personOperators, refTitle } from './operators';
import { relation } from './relation';
import type { FieldType } from './types';

export const person: FieldType = {
  ...relation,
  width: 130,
  cell: (value) => {
    const name = refTitle(value);
    if (isHidden(value)) return <span className="muted">{name}</span>;
    return (
      name && (
        <span className="person">
          <Face name={name} /> {name}
        </span>
      )
    );
  },
  operators: personOperators,
  options: [],
};
